import { z } from "zod";
import { createAppOctokit } from "../../github/app-octokit.ts";
import { createKeepAliveFetch } from "../../keep-alive-fetch.ts";
import { readDeployedSettings } from "../deployed-settings.ts";
import type { DeployedStack } from "../deployed-stack.ts";
import type { OperatorClients } from "../operator-clients.ts";
import { createStackSecretKeeper } from "../setup/stack-secret-keeper.ts";
import { silentLog } from "../silent-log.ts";

export interface AppAtGithub {
  readonly name: string;
  /** The page with "Delete GitHub App" on it. */
  readonly settingsUrl: string;
}

const app = z.object({ name: z.string(), slug: z.string(), owner: z.object({ login: z.string(), type: z.string().optional() }) });

/** Who the stack's App is, before its key is gone with the stack; `null` when that cannot be told. */
export async function findApp({ lambda, secretsManager }: OperatorClients, stack: DeployedStack): Promise<AppAtGithub | null> {
  try {
    const { github } = await readDeployedSettings(lambda, stack);
    const keys = await createStackSecretKeeper({ client: secretsManager, place: stack.name, appSecretId: stack.output("AppSecretId"), oauthSecretId: stack.output("OAuthSecretId") }).current();
    if (!keys) return null;
    const octokit = createAppOctokit({ credentials: async () => keys, apiUrl: github.apiUrl, fetch: createKeepAliveFetch(), clock: Date.now, log: silentLog });
    const { name, slug, owner } = app.parse((await octokit.asApp({ callMs: 10_000 })("GET /app")).data);
    const settings = owner.type === "User" ? "settings" : `organizations/${owner.login}/settings`;
    return { name, settingsUrl: `${github.webOrigin}/${settings}/apps/${slug}/advanced` };
  } catch {
    return null;
  }
}
