/** `npm run smoke`: see `--help`. */
import { randomBytes } from "node:crypto";
import { Command, InvalidArgumentError } from "commander";
import { createEcsRunnerTasks } from "../aws/runner-tasks.ts";
import { createDynamoJobStore } from "../aws/job-store.ts";
import { readOperatorConfig } from "../config.ts";
import { createAppOctokit } from "../github/app-octokit.ts";
import { createKeepAliveFetch } from "../keep-alive-fetch.ts";
import { createPersonalCalls } from "../github/personal-calls.ts";
import { createRunnerRegistry } from "../github/runner-registry.ts";
import { OperatorError } from "../operator/aws-trouble.ts";
import { readDeployedSettings } from "../operator/deployed-settings.ts";
import { requireStack, webhookUrlOf } from "../operator/deployed-stack.ts";
import { createLiveLine } from "../operator/live-line.ts";
import { createOperatorClients } from "../operator/operator-clients.ts";
import { createStackSecretKeeper } from "../operator/setup/stack-secret-keeper.ts";
import { silentLog } from "../operator/silent-log.ts";
import { dispatchWorkflow, ghToken, noTokenHelp } from "../operator/smoke/dispatch-workflow.ts";
import { createSmokeObserver } from "../operator/smoke/observe-smoke.ts";
import { prepareSmoke } from "../operator/smoke/prepare-smoke.ts";
import { runSmoke } from "../operator/smoke/run-smoke.ts";
import { createTerminal } from "../operator/terminal.ts";
import { endOnSignals, runCommand } from "./run-command.ts";

interface Options {
  readonly org: string;
  readonly repo: string;
  readonly stack: string;
  readonly profile: string;
  readonly workflow: string;
  readonly run?: string;
  readonly timeout: number;
  readonly interval: number;
  readonly json: boolean;
}

/** An AWS call that takes longer than this is looked at again a moment later. */
const CALL_TIMEOUT_MS = 10_000;

const command = new Command("npm run smoke --")
  .description("Runs one real job on a deployed installation and follows it from GitHub's queue until its task is gone.")
  .requiredOption("--org <owner>", "organization (or account) on which the App is installed")
  .requiredOption("--repo <name>", "a repository there with docs/first-workflow.yml in .github/workflows")
  .option("--stack <name>", "the deployed stack", "Baton")
  .option("--profile <name>", "the runner profile to try", "small")
  .option("--workflow <file>", "name of the workflow's file", "first-workflow.yml")
  .option("--run <id-or-url>", "follow this run, which you started yourself, instead of starting one")
  .option("--timeout <seconds>", "for all of it", positive, 900)
  .option("--interval <seconds>", "between two looks", positive, 2)
  .option("--json", "print the outcome as one JSON object and nothing else", false)
  .addHelpText("after", `
Starting the workflow takes a token of yours with "Actions: write" on the repository: GITHUB_TOKEN, or that of \`gh auth login\`. Everything else
is looked at as the App, whose key is read from the stack's secret by your AWS credentials.
Ends with 0 when the job ran and nothing is left over, 1 otherwise (then it names the first step that did not happen), 130 on Ctrl-C.`);

await runCommand(async () => {
  const options = command.parse().opts<Options>();
  const config = readOperatorConfig();
  const { signal } = endOnSignals();
  const terminal = createTerminal({ json: options.json });
  const aws = createOperatorClients({ region: config.awsRegion, endpoints: config.awsEndpoints });
  try {
    const region = await aws.cloudFormation.config.region().catch(() => "");
    const stack = await requireStack(aws.cloudFormation, options.stack, region);
    const settings = await readDeployedSettings(aws.lambda, stack);
    const place = `the stack ${stack.name} in ${region}`;
    const keys = await createStackSecretKeeper({ client: aws.secretsManager, place, appSecretId: stack.output("AppSecretId"), oauthSecretId: stack.output("OAuthSecretId") }).current();
    if (!keys) throw new OperatorError(`No GitHub App is set up for ${place}. Do that first: npm run setup -- --stack ${stack.name}`);

    const octokit = createAppOctokit({ credentials: async () => keys, apiUrl: settings.github.apiUrl, fetch: createKeepAliveFetch(), clock: Date.now, log: silentLog });
    const wish = { owner: options.org, name: options.repo, profile: options.profile, workflow: options.workflow };
    const prepared = await prepareSmoke(wish, { octokit, ecr: aws.ecr, settings, stack: stack.name, webhookUrl: webhookUrlOf(stack), imageRepositoryUri: stack.output("RunnerImageRepositoryUri"), imageBuildProject: stack.outputs["ImageBuildProjectName"] ?? null });

    const marker = `smoke-${randomBytes(6).toString("hex")}`;
    if (options.run === undefined) {
      const token = config.githubToken ?? (await ghToken(new URL(settings.github.webOrigin).host));
      if (token === null) throw noTokenHelp(wish, settings.github.webOrigin);
      await dispatchWorkflow(createPersonalCalls({ apiUrl: settings.github.apiUrl, token }), { ...wish, ref: prepared.repository.defaultBranch, inputs: { profile: options.profile, marker } });
      terminal.say(`Started ${options.workflow} in ${options.org}/${options.repo} on the profile "${prepared.profile.name}".`);
    }
    const outcome = await runSmoke({
      look: createSmokeObserver({
        octokit,
        installationId: prepared.installationId,
        repository: prepared.repository,
        wanted: options.run === undefined ? { marker } : { runId: runIdOf(options.run) },
        store: createDynamoJobStore({ client: aws.dynamoDb, tableName: stack.output("JobsTableName"), callTimeoutMs: CALL_TIMEOUT_MS, log: silentLog }),
        tasks: createEcsRunnerTasks({ client: aws.ecs, cluster: stack.output("ClusterName"), clock: Date.now, callTimeoutMs: CALL_TIMEOUT_MS }),
        registry: createRunnerRegistry({ octokit }),
        scope: prepared.scope,
        runnerNamePrefix: settings.runnerNamePrefix,
      }),
      names: {
        stack: stack.name,
        cluster: stack.output("ClusterName"),
        webhookFunction: stack.output("WebhookFunctionName"),
        reconcileFunction: stack.output("ReconcileFunctionName"),
        profile: prepared.profile.name,
        repository: `${options.org}/${options.repo}`,
        settingsUrl: prepared.appSettingsUrl,
      },
      terminal,
      line: createLiveLine(process.stdout, process.stdout.isTTY === true && !options.json),
      clock: Date.now,
      signal,
      intervalMs: options.interval * 1000,
      limitMs: options.timeout * 1000,
    });
    if (options.json) terminal.json(outcome);
    else if (outcome.failure === null) terminal.say(`\n${terminal.colors.green("The job ran on a runner of its own, and nothing is left over.")}`);
    else terminal.say(`\n${terminal.colors.red(`${outcome.failure.step}: ${outcome.failure.what}`)}\nNext: ${outcome.failure.next}`);
    if (signal.aborted) return 130;
    return outcome.ok ? 0 : 1;
  } finally {
    aws.close();
  }
});

function positive(text: string): number {
  const number = Number(text);
  if (!Number.isFinite(number) || number <= 0) throw new InvalidArgumentError("It has to be a number above 0.");
  return number;
}

/** `https://github.com/acme/shop/actions/runs/123/job/456` or the number alone. */
function runIdOf(text: string): string {
  const id = /(?:\/actions\/runs\/|^)(\d+)(?:$|[/?#])/.exec(text)?.[1];
  if (id === undefined) throw new OperatorError(`--run ${text}: give the run's number or its address, …/actions/runs/NUMBER.`);
  return id;
}
