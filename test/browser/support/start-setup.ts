import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { OperatorError } from "../../../app/operator/aws-trouble.ts";
import { readAppTemplate } from "../../../app/operator/setup/app-manifest.ts";
import { createEnvFileKeeper } from "../../../app/operator/setup/env-file-keeper.ts";
import { createGithubApps } from "../../../app/operator/setup/github-app.ts";
import { firstForm } from "../../../app/operator/setup/setup-form.ts";
import { startSetupServer, type SetupServer } from "../../../app/operator/setup/setup-server.ts";
import { createSetupSession } from "../../../app/operator/setup/setup-session.ts";
import type { AnAdminWorld } from "../../support/admin/an-admin-world.ts";

export interface Setup {
  readonly server: SetupServer;
  /** What `.env` holds by now. */
  env(): Readonly<Record<string, string | undefined>>;
  /** The next write of keys fails with this message. */
  failNextWrite(message: string): void;
  close(): Promise<void>;
}

/** Setup for a laptop whose admin pages are at `pagesUrl`, before the simulated GitHub. */
export async function startSetup({ world, simulated: { github } }: AnAdminWorld, pagesUrl: string): Promise<Setup> {
  const directory = mkdtempSync(join(tmpdir(), "baton-setup-"));
  const file = join(directory, ".env");
  const failures: string[] = [];
  const target = { profiles: world.profiles, place: { place: ".env", githubHost: new URL(github.origin).host, webhookUrl: null, pagesUrl }, knownWebhookUrl: "http://127.0.0.1:9/channel" };
  const session = createSetupSession({
    ...target,
    webOrigin: github.origin,
    template: readAppTemplate("../../app.yml"),
    github: createGithubApps(github.apiUrl, world.clock),
    keeperFor: (url) => {
      const keeper = createEnvFileKeeper(file, url === null ? {} : { WEBHOOK_PROXY_URL: url });
      return {
        ...keeper,
        async keep(keys) {
          const failure = failures.shift();
          if (failure !== undefined) throw new OperatorError(failure);
          await keeper.keep(keys);
        },
      };
    },
    createRelay: async () => "http://127.0.0.1:9/channel",
    form: firstForm(target, { organization: "", name: "" }),
    next: { beforeInstall: [], afterInstall: [] },
  });
  const server = await startSetupServer({ session, port: 0, githubOrigin: github.origin, aside: "setup for .env" });
  return {
    server,
    env: () => parseEnv(readFileSync(file, "utf8")),
    failNextWrite: (message) => void failures.push(message),
    async close() {
      await server.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
