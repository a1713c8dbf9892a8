/** `npm run setup`: see `--help`. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Command, InvalidArgumentError } from "commander";
import open from "open";
import { SmeeClient } from "smee-client";
import { readRunnerProfiles } from "../../infra/read-runner-profiles.ts";
import { githubHostNamed, readOperatorConfig } from "../config.ts";
import { OperatorError } from "../operator/aws-trouble.ts";
import { createOperatorClients } from "../operator/operator-clients.ts";
import { readAppTemplate } from "../operator/setup/app-manifest.ts";
import type { ExistingAppFields } from "../operator/setup/existing-app.ts";
import { createGithubApps, installUrl } from "../operator/setup/github-app.ts";
import { runSetup } from "../operator/setup/run-setup.ts";
import { firstForm } from "../operator/setup/setup-form.ts";
import { localTarget, stackTarget } from "../operator/setup/setup-targets.ts";
import { createTerminal } from "../operator/terminal.ts";
import { parsePrivateKey } from "../parse-private-key.ts";
import { endOnSignals, runCommand } from "./run-command.ts";

const CLIENT_SECRET_ADVICE = "Give the path of a file that holds the client secret, which GitHub shows once.";
const APP_TEMPLATE = fileURLToPath(new URL("../../app.yml", import.meta.url));
const PROFILES = fileURLToPath(new URL("../../infra/runner-profiles.yml", import.meta.url));

interface Options {
  readonly stack?: string | true;
  readonly org?: string;
  readonly host?: string;
  readonly name?: string;
  readonly appId?: number;
  readonly privateKeyFile?: string;
  readonly clientSecretFile?: string;
  readonly port: number;
  readonly open: boolean;
  readonly replace: boolean;
  readonly json: boolean;
}

const command = new Command("npm run setup --")
  .description("Creates the GitHub App, or connects one that exists: for npm start on this machine (keys go to .env), or for a deployed stack (keys go to its secrets, by your own AWS credentials). The page for it runs on 127.0.0.1.")
  .option("--stack [name]", "set up a deployed stack instead of this machine; Baton if no name is given")
  .option("--org <organization>", "the organization that shall own the App")
  .option("--name <name>", "the App's name, unique among all of GitHub")
  .option("--host <host>", "GitHub's host, if it is not github.com or what GITHUB_API_URL says: github.example.com, SUBDOMAIN.ghe.com")
  .option("--app-id <number>", "connect this App, without the page", wholeNumber)
  .option("--private-key-file <file>", "its private key, the .pem file that GitHub gave you")
  .option("--client-secret-file <file>", "a client secret of that App, or of the one that is set up already, for signing in on the admin pages")
  .option("--replace", "set up another App where one is set up already", false)
  .option("--port <number>", "port of the page on 127.0.0.1; a free one otherwise", wholeNumber, 0)
  .option("--no-open", "open no browser")
  .option("--json", "print the outcome as one JSON object at the end; what to do goes to standard error", false)
  .addHelpText("after", "\nRun again after anything that went wrong: an App whose keys are kept is not created again, only hooked up. Keys are never shown, logged or put on a command line.");

await runCommand(async () => {
  const options = command.parse().opts<Options>();
  const config = readOperatorConfig();
  const named = options.host === undefined ? null : githubHostNamed(options.host);
  const { signal } = endOnSignals();
  // With --json the address of the page still has to be seen.
  const terminal = options.json ? createTerminal({ output: process.stderr }) : createTerminal();
  const aws = options.stack === undefined ? null : createOperatorClients({ region: config.awsRegion, endpoints: config.awsEndpoints });
  try {
    const target = aws
      ? await stackTarget(aws, options.stack === true ? "Baton" : String(options.stack))
      : localTarget({ github: named ?? config.github, profiles: readRunnerProfiles(PROFILES), proxyUrl: config.webhookProxyUrl, port: config.port, beforeInstall: ["npm start"] });
    const { github } = target;
    if (named && named.apiUrl !== github.apiUrl) throw new OperatorError(`The stack was deployed for ${github.apiUrl}. For ${named.apiUrl} deploy it with -c githubApiUrl=${named.apiUrl}.`);
    const outcome = await runSetup({
      ...target,
      terminal,
      signal,
      webOrigin: github.webOrigin,
      template: readAppTemplate(APP_TEMPLATE),
      github: createGithubApps(github.apiUrl),
      createRelay: () => SmeeClient.createChannel(),
      form: firstForm(target, { organization: options.org ?? "", name: options.name ?? "" }),
      port: options.port,
      openBrowser: options.open && config.hasDesktop && terminal.interactive ? open : null,
      replace: options.replace,
      existing: existingApp(options),
      clientSecret: options.clientSecretFile === undefined ? null : readGiven(options.clientSecretFile, CLIENT_SECRET_ADVICE),
    });
    if (options.json) createTerminal().json({ appId: outcome.appId, name: outcome.facts.name, installUrl: installUrl(outcome.facts), steps: outcome.steps });
    return 0;
  } finally {
    aws?.close();
  }
});

function existingApp({ appId, privateKeyFile, clientSecretFile }: Options): ExistingAppFields | null {
  if (appId === undefined && privateKeyFile === undefined) return null;
  if (appId === undefined || privateKeyFile === undefined) throw new OperatorError("--app-id and --private-key-file go together: the App's number, and the .pem file of its key.");
  const privateKey = readGiven(privateKeyFile, "Give the path of the .pem file that GitHub gave you.");
  const parsed = parsePrivateKey(privateKey);
  if (!parsed.ok) throw new OperatorError(`${privateKeyFile}: the private key ${parsed.fault}.`);
  const clientSecret = clientSecretFile === undefined ? "" : readGiven(clientSecretFile, CLIENT_SECRET_ADVICE);
  return { appId: String(appId), privateKey, clientSecret };
}

function readGiven(file: string, advice: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    throw new OperatorError(`Cannot read ${file}. ${advice}`);
  }
}

function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError("It has to be a whole number.");
  return Number(text);
}
