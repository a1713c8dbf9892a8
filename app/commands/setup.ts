/** `npm run setup`: see `--help`. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Command, InvalidArgumentError } from "commander";
import open from "open";
import { SmeeClient } from "smee-client";
import { githubHostNamed, readOperatorConfig, type GithubHost } from "../config.ts";
import { OperatorError } from "../operator/aws-trouble.ts";
import { readDeployedSettings } from "../operator/deployed-settings.ts";
import { requireStack, webhookUrlOf } from "../operator/deployed-stack.ts";
import { createOperatorClients } from "../operator/operator-clients.ts";
import { readAppTemplate } from "../operator/setup/app-manifest.ts";
import type { AppKeeper } from "../operator/setup/app-keeper.ts";
import { createEnvFileKeeper } from "../operator/setup/env-file-keeper.ts";
import { createGithubApps, installUrl } from "../operator/setup/github-app.ts";
import { runSetup } from "../operator/setup/run-setup.ts";
import { createStackSecretKeeper } from "../operator/setup/stack-secret-keeper.ts";
import { createTerminal } from "../operator/terminal.ts";
import { parsePrivateKey } from "../parse-private-key.ts";
import { endOnSignals, runCommand } from "./run-command.ts";

interface Options {
  readonly stack?: string | true;
  readonly org?: string;
  readonly host?: string;
  readonly name?: string;
  readonly appId?: number;
  readonly privateKeyFile?: string;
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
    const target = aws ? await stackTarget(aws, options.stack === true ? "Baton" : String(options.stack)) : localTarget(named ?? config.github, config.webhookProxyUrl);
    const { github } = target;
    if (named && named.apiUrl !== github.apiUrl) throw new OperatorError(`The stack was deployed for ${github.apiUrl}. For ${named.apiUrl} deploy it with -c githubApiUrl=${named.apiUrl}.`);
    const githubHost = new URL(github.webOrigin).host;
    const outcome = await runSetup({
      ...target,
      terminal,
      signal,
      place: { place: target.place, githubHost, webhookUrl: target.stackWebhookUrl },
      webOrigin: github.webOrigin,
      template: readAppTemplate(fileURLToPath(new URL("../../app.yml", import.meta.url))),
      github: createGithubApps(github.apiUrl),
      createRelay: () => SmeeClient.createChannel(),
      form: { owner: "organization", organization: options.org ?? "", name: options.name ?? "", relay: config.webhookProxyUrl === null ? "create" : "own", relayUrl: config.webhookProxyUrl ?? "" },
      port: options.port,
      openBrowser: options.open && config.hasDesktop && terminal.interactive ? open : null,
      replace: options.replace,
      existing: existingApp(options),
    });
    if (options.json) createTerminal().json({ appId: outcome.appId, name: outcome.facts.name, installUrl: installUrl(outcome.facts), steps: outcome.steps });
    return 0;
  } finally {
    aws?.close();
  }
});

interface Target {
  readonly github: GithubHost;
  readonly place: string;
  /** `null` on a laptop, which has no address of its own. */
  readonly stackWebhookUrl: string | null;
  readonly knownWebhookUrl: string | null;
  readonly keeperFor: (webhookUrl: string | null) => AppKeeper;
  readonly next: readonly string[];
}

function localTarget(github: GithubHost, proxyUrl: string | null): Target {
  return {
    github,
    place: ".env",
    stackWebhookUrl: null,
    knownWebhookUrl: proxyUrl,
    keeperFor: (webhookUrl) => createEnvFileKeeper(".env", { ...(webhookUrl !== null && { WEBHOOK_PROXY_URL: webhookUrl }), GITHUB_API_URL: github.apiUrl }),
    next: ["npm start"],
  };
}

async function stackTarget(aws: ReturnType<typeof createOperatorClients>, name: string): Promise<Target> {
  const region = await aws.cloudFormation.config.region().catch(() => "");
  const stack = await requireStack(aws.cloudFormation, name, region);
  const { github } = await readDeployedSettings(aws.lambda, stack);
  const place = `the stack ${name} in ${region}`;
  const webhookUrl = webhookUrlOf(stack);
  const keeper = createStackSecretKeeper({ client: aws.secretsManager, place, appSecretId: stack.output("AppSecretId"), oauthSecretId: stack.output("OAuthSecretId") });
  const stackOption = name === "Baton" ? "" : ` --stack ${name}`;
  return { github, place, stackWebhookUrl: webhookUrl, knownWebhookUrl: webhookUrl, keeperFor: () => keeper, next: [`npm run smoke -- --org ORG --repo REPO${stackOption}`] };
}

function existingApp({ appId, privateKeyFile }: Options): { appId: number; privateKey: string } | null {
  if (appId === undefined && privateKeyFile === undefined) return null;
  if (appId === undefined || privateKeyFile === undefined) throw new OperatorError("--app-id and --private-key-file go together: the App's number, and the .pem file of its key.");
  let text: string;
  try {
    text = readFileSync(privateKeyFile, "utf8");
  } catch {
    throw new OperatorError(`Cannot read ${privateKeyFile}. Give the path of the .pem file that GitHub gave you.`);
  }
  const parsed = parsePrivateKey(text);
  if (!parsed.ok) throw new OperatorError(`${privateKeyFile}: the private key ${parsed.fault}.`);
  return { appId, privateKey: parsed.pem };
}

function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError("It has to be a whole number.");
  return Number(text);
}
