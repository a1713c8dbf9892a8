/** `npm run doctor`: see `--help`. */
import { readFileSync } from "node:fs";
import { Command } from "commander";
import { createAwsClients } from "../aws/aws-clients.ts";
import { createEcsClient } from "../aws/ecs-client.ts";
import { createDynamoImageRecordStore } from "../aws/image-record-store.ts";
import { createDynamoJobStore } from "../aws/job-store.ts";
import { createDynamoRoundSightingsStore } from "../aws/round-sightings-store.ts";
import { createEcsRunnerTasks } from "../aws/runner-tasks.ts";
import { checkDeployment } from "../check-installation.ts";
import { readLocalConfig, readOperatorConfig } from "../config.ts";
import { explainJob, type ExplainWorld } from "../explain-job.ts";
import type { AppCredentials } from "../github/app-credentials.ts";
import { createAppOctokit } from "../github/app-octokit.ts";
import { createGithubReader } from "../github/github-reader.ts";
import { createHookReader } from "../github/hook-reader.ts";
import { createKeepAliveFetch } from "../keep-alive-fetch.ts";
import { readPlaneNotice } from "../local/plane-notice.ts";
import { OperatorError } from "../operator/aws-trouble.ts";
import { readDeployedSettings } from "../operator/deployed-settings.ts";
import { requireStack, webhookUrlOf } from "../operator/deployed-stack.ts";
import { exitCodeOfChecks, showChecks } from "../operator/doctor/show-checks.ts";
import { exitCodeOf, showDiagnosis } from "../operator/doctor/show-diagnosis.ts";
import { whileLooking } from "../operator/doctor/while-looking.ts";
import { createOperatorClients } from "../operator/operator-clients.ts";
import { createStackSecretKeeper } from "../operator/setup/stack-secret-keeper.ts";
import { silentLog } from "../operator/silent-log.ts";
import { createTerminal } from "../operator/terminal.ts";
import { runCommand } from "./run-command.ts";

interface Options {
  readonly stack?: string;
  readonly json: boolean;
}

/** Where it looks, for a heading, and by what. */
interface Looked {
  readonly place: string;
  readonly world: ExplainWorld;
  close(): void;
}

/** What a table or ECS gets, the second attempt included. */
const CALL_TIMEOUT_MS = 6_000;
const COULD_NOT_LOOK = 2;

const command = new Command("npm run doctor --")
  .description("Says why a job did not start, and what to do about it; without an address it checks every installation from end to end.")
  .argument("[job-or-run-url]", "address of a job or run at GitHub, as the browser shows it")
  .option("--stack <name>", "look at this deployed stack, by your AWS credentials; otherwise at the control plane that runs in this directory (npm start, npm run demo -- --keep)")
  .option("--json", "print the answer as one JSON object and nothing else", false)
  .addHelpText("after", `
Ends with 0 when nothing has to be done (the job ran, runs, or waits for something that comes by itself), with 1 when somebody has to act, and with 2
when it could not be told. docs/doctor.md lists the causes.`);

await runCommand(async () => {
  command.parse();
  const { stack, json } = command.opts<Options>();
  const url = command.args[0];
  const terminal = createTerminal({ json });
  let looked: Looked | null = null;
  try {
    looked = await whileLooking("Finding the deployment …", () => (stack === undefined ? localWorld() : deployedWorld(stack)));
    const { place, world } = looked;
    if (url === undefined) {
      const checked = await whileLooking("Checking the deployment and each installation …", () => checkDeployment(world));
      const code = exitCodeOfChecks(checked);
      if (json) terminal.json({ ok: code === 0, place, ...checked });
      else showChecks(checked, place, terminal);
      return code;
    }
    const diagnosis = await whileLooking("Looking at GitHub, the jobs table and the tasks …", () => explainJob(world, url));
    if (json) terminal.json(diagnosis);
    else showDiagnosis(diagnosis, terminal);
    return exitCodeOf(diagnosis);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return COULD_NOT_LOOK;
  } finally {
    looked?.close();
  }
});

async function deployedWorld(name: string): Promise<Looked> {
  const config = readOperatorConfig();
  const aws = createOperatorClients({ region: config.awsRegion, endpoints: config.awsEndpoints });
  try {
    const region = await aws.cloudFormation.config.region().catch(() => "");
    const stack = await requireStack(aws.cloudFormation, name, region);
    const settings = await readDeployedSettings(aws.lambda, stack);
    const place = `the stack ${stack.name} in ${region}`;
    const keys = await createStackSecretKeeper({ client: aws.secretsManager, place, appSecretId: stack.output("AppSecretId"), oauthSecretId: stack.output("OAuthSecretId") }).current();
    if (!keys) throw new OperatorError(`No GitHub App is set up for ${place}. Do that first: npm run setup -- --stack ${stack.name}`);
    const table = { client: aws.dynamoDb, tableName: stack.output("JobsTableName"), callTimeoutMs: CALL_TIMEOUT_MS, log: silentLog };
    return {
      place,
      world: {
        ...github(keys, settings.github),
        store: createDynamoJobStore(table),
        sightings: createDynamoRoundSightingsStore(table),
        images: createDynamoImageRecordStore(table),
        tasks: createEcsRunnerTasks({ client: aws.ecs, cluster: stack.output("ClusterName"), clock: Date.now, callTimeoutMs: CALL_TIMEOUT_MS }),
        profiles: settings.profiles,
        runnerNamePrefix: settings.runnerNamePrefix,
        hookUrl: webhookUrlOf(stack),
        clock: Date.now,
      },
      close: () => aws.close(),
    };
  } catch (error) {
    aws.close();
    throw error;
  }
}

async function localWorld(): Promise<Looked> {
  const notice = readPlaneNotice();
  if (!notice) {
    throw new OperatorError("No control plane runs in this directory. Start one (npm start, or npm run demo -- --keep), or name a deployed stack: npm run doctor -- --stack NAME [JOB_OR_RUN_URL]");
  }
  const { aws: addresses, simulatedApp, profiles, runnerNamePrefix, hookUrl } = notice;
  const app = simulatedApp === null ? readLocalConfig().app : { appId: simulatedApp.appId, privateKey: readFileSync(simulatedApp.privateKeyFile, "utf8") };
  if (!app) throw new OperatorError("No GitHub App is configured in .env, by which npm start runs here. Do that first: npm run setup");
  // The local endpoints take any credentials; given here, so that the operator's own are never looked up.
  const place = { region: "us-east-1", credentials: { accessKeyId: "local", secretAccessKey: "local" } };
  const aws = createAwsClients({ ...place, fetch: createKeepAliveFetch(), endpoints: { dynamoDb: addresses.dynamoDbUrl } });
  const ecs = createEcsClient({ ...place, endpoints: { ecs: addresses.ecsUrl } });
  const table = { client: aws.dynamoDb, tableName: addresses.jobsTable, callTimeoutMs: CALL_TIMEOUT_MS, log: silentLog };
  return {
    place: `this machine (${notice.startedBy})`,
    world: {
      ...github({ appId: app.appId, privateKey: app.privateKey }, notice.github),
      store: createDynamoJobStore(table),
      sightings: createDynamoRoundSightingsStore(table),
      images: null,
      tasks: createEcsRunnerTasks({ client: ecs, cluster: addresses.cluster, clock: Date.now, callTimeoutMs: CALL_TIMEOUT_MS }),
      profiles,
      runnerNamePrefix,
      hookUrl,
      clock: Date.now,
    },
    close() {
      aws.close();
      ecs.destroy();
    },
  };
}

function github(keys: Pick<AppCredentials, "appId" | "privateKey">, host: ExplainWorld["github"]): Pick<ExplainWorld, "reader" | "hook" | "github"> {
  const octokit = createAppOctokit({ credentials: async () => keys, apiUrl: host.apiUrl, fetch: createKeepAliveFetch(), clock: Date.now, log: silentLog });
  return { reader: createGithubReader({ octokit, clock: Date.now }), hook: createHookReader({ octokit }), github: host };
}
