import { fileURLToPath } from "node:url";
import open from "open";
import { SmeeClient } from "smee-client";
import { readOperatorConfig, type LocalConfig } from "../config.ts";
import type { RunnerProfiles } from "../core/runner-profiles.ts";
import { readAppTemplate } from "../operator/setup/app-manifest.ts";
import { createGithubApps } from "../operator/setup/github-app.ts";
import { runSetup } from "../operator/setup/run-setup.ts";
import { firstForm } from "../operator/setup/setup-form.ts";
import { localTarget } from "../operator/setup/setup-targets.ts";
import { createTerminal } from "../operator/terminal.ts";

const LATER = `# Say in .env what jobs run in, RUNNER_DIR or RUNNER_IMAGE; then
npm start`;

/** `npm start` before there is an App: setup's page, on the port that the control plane takes over. Fails with `OperatorError`. */
export async function setUpThisMachine(config: LocalConfig, profiles: RunnerProfiles, signal: AbortSignal): Promise<void> {
  const terminal = createTerminal();
  const hasWhatJobsRunIn = config.runnerDirectory !== null || config.runnerImage !== null;
  const target = localTarget({ github: config.github, profiles, proxyUrl: config.webhookProxyUrl, port: config.port, beforeInstall: hasWhatJobsRunIn ? [] : [LATER] });
  terminal.say("No GitHub App is configured yet.");
  await runSetup({
    ...target,
    terminal,
    signal,
    webOrigin: config.github.webOrigin,
    template: readAppTemplate(fileURLToPath(new URL("../../app.yml", import.meta.url))),
    github: createGithubApps(config.github.apiUrl),
    createRelay: () => SmeeClient.createChannel(),
    form: firstForm(target, { organization: "", name: "" }),
    port: config.port,
    openBrowser: readOperatorConfig().hasDesktop && terminal.interactive ? open : null,
    replace: false,
    existing: null,
    clientSecret: null,
  });
  terminal.say();
}
