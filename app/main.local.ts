/** The composition root of a laptop: the deployed control plane, with DynamoDB, EventBridge and ECS played by this process. */
import { createServer, type Server } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import type { AddressInfo } from "node:net";
import { defaultStackSettings } from "../infra/stack-settings.ts";
import { loadTemplate } from "../infra/load-template.ts";
import { createAwsClients } from "./aws/aws-clients.ts";
import { createEcsClient } from "./aws/ecs-client.ts";
import { createEventBridgePublisher } from "./aws/event-publisher.ts";
import { createDynamoJobStore } from "./aws/job-store.ts";
import { createDynamoMintCounter } from "./aws/mint-counter.ts";
import { createDynamoPeopleStores, type PeopleStores } from "./aws/people-stores.ts";
import { createDynamoRoundMemoryStore } from "./aws/round-memory-store.ts";
import { createEcsRunnerTasks } from "./aws/runner-tasks.ts";
import { createRequestCarrier } from "./carry-out-requests.ts";
import { createUsageCounter } from "./count-usage.ts";
import type { LocalApp, GithubHost } from "./config.ts";
import type { RunnerProfiles } from "./core/runner-profiles.ts";
import { createAccountAdmins } from "./github/account-admins.ts";
import { createAppHook } from "./github/app-hook.ts";
import { createAppOctokit } from "./github/app-octokit.ts";
import { createCredentialMinter } from "./github/credential-minter.ts";
import { createHookDeliveries } from "./github/hook-deliveries.ts";
import { createJobLookup } from "./github/job-lookup.ts";
import { createKeepAliveFetch } from "./keep-alive-fetch.ts";
import { parseWorkflowJobEvent } from "./github/parse-workflow-job-event.ts";
import { createQueuedJobs } from "./github/queued-jobs.ts";
import { createReceiver } from "./github/receiver.ts";
import { WEBHOOK_PATH } from "./github/route-request.ts";
import { createRunnerRegistry } from "./github/runner-registry.ts";
import { createWebhookGate } from "./github/webhook-gate.ts";
import { createWebhookListener } from "./github/webhook-listener.ts";
import { createInstallationHandler } from "./handle-installation.ts";
import { createWorkflowJobHandler } from "./handle-workflow-job.ts";
import { ecsOperations } from "./local/aws-endpoint/ecs-operations.ts";
import { eventBridgeOperations } from "./local/aws-endpoint/event-bridge-operations.ts";
import { startAwsEndpoint } from "./local/aws-endpoint/start-aws-endpoint.ts";
import { startEmbeddedDynamoDb } from "./local/embedded-dynamodb.ts";
import { createLocalEventBus, type LocalEventBus } from "./local/event-bus/local-event-bus.ts";
import { readLaunchRules } from "./local/event-bus/read-launch-rules.ts";
import { createPlainSealer } from "./local/plain-sealer.ts";
import { createPagesListener } from "./local/serve-pages.ts";
import { startRounds } from "./local/start-rounds.ts";
import { createTaskLauncher } from "./local/task-launcher/create-task-launcher.ts";
import type { StartContainer, TaskLauncher } from "./local/task-launcher/task-launcher.ts";
import { createMintQuota, unsharedMints } from "./mint-quota.ts";
import { shareTokens } from "./share-tokens.ts";
import type { Clock, JobStore, Log, OAuthClient, ReportProgress } from "./ports.ts";
import { createReconciler } from "./reconcile-jobs.ts";
import { createRoundWitness } from "./witness-rounds.ts";

export interface LocalSettings {
  readonly app: LocalApp;
  readonly github: GithubHost;
  /** By which people sign in on the pages; with `null` nobody can. */
  readonly oauth: OAuthClient | null;
  readonly profiles: RunnerProfiles;
  readonly runnerNamePrefix: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly startContainer: StartContainer;
  /** One log file a task is kept here. */
  readonly logDirectory: string;
  /** Keeps the jobs table from one start to the next; without one each start begins with an empty table. */
  readonly tableDirectory?: string;
  readonly reconcileEveryMs: number;
  readonly surplusGraceMs: number;
  readonly report: ReportProgress;
  readonly log: Log;
  /** `Date.now` unless a test moves time. */
  readonly clock?: Clock;
}

export interface LocalControlPlane {
  readonly webhookUrl: string;
  readonly runnerNamePrefix: string;
  /** Of the admin pages, with a slash at its end. */
  readonly pagesUrl: string;
  /** Where the AWS clients of another process find what this one plays. */
  readonly aws: { readonly dynamoDbUrl: string; readonly ecsUrl: string; readonly jobsTable: string; readonly cluster: string };
  readonly store: JobStore;
  /** What the admin pages read and write. */
  readonly people: PeopleStores;
  readonly bus: LocalEventBus;
  readonly launcher: TaskLauncher;
  /** The jobs table answers nothing but errors while it is down. */
  setTableDown(down: boolean): void;
  /** Ends the rounds, stops every task and closes every port. */
  close(): Promise<void>;
}

const PSEUDO = { region: "us-east-1", accountId: "000000000000" };
const JOBS_TABLE = "jobs";
/** Everything is on this machine, which may be busy; a delivery has 7 s in all. */
const CALL_TIMEOUT_MS = 5_000;

const oauthAdvice = (port: number) =>
  `Set GITHUB_CLIENT_ID and GITHUB_CLIENT_SECRET in .env to the App's client ID and a client secret, both on the App's settings page at GitHub, and add http://localhost:${port}/sign-in/callback to its callback URLs there. npm run setup does it for a new App.`;

/** Somebody watches the chart. */
const COUNT_EVERY_MS = 10_000;
/** No delivery takes longer. */
const CLOSE_LIMIT_MS = 9_000;

/** Starts the control plane on 127.0.0.1. What started is stopped again when a later part fails to. */
export async function startControlPlane(settings: LocalSettings): Promise<LocalControlPlane> {
  const { app, github, profiles, runnerNamePrefix, log } = settings;
  const clock = settings.clock ?? Date.now;
  const closers: (() => Promise<void> | void)[] = [];
  const close = async () => {
    const failures: unknown[] = [];
    for (const stop of closers.splice(0).toReversed()) {
      try {
        await stop();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw new AggregateError(failures, "not everything could be closed");
  };
  try {
    // Before the table is opened, so that a second process on the same port leaves it alone.
    const server = createServer();
    const port = await listen(server, settings.port);
    closers.push(() => closeServer(server));
    const { template, stackName } = await loadTemplate(profiles, defaultStackSettings);
    const rules = readLaunchRules(template, { ...PSEUDO, stackName });
    const launcher = createTaskLauncher({ startContainer: settings.startContainer, logDirectory: settings.logDirectory, now: clock });
    closers.push(() => launcher.close());
    const bus = createLocalEventBus({ rules, launcher, now: clock });
    closers.push(() => bus.close());
    const cluster = rules.rules[0]?.targets[0]?.clusterArn ?? "";
    const endpoint = await startAwsEndpoint({ operations: { ...eventBridgeOperations(bus), ...ecsOperations(launcher, cluster) } });
    closers.push(() => endpoint.close());
    const dynamoDb = await startEmbeddedDynamoDb({ tableName: JOBS_TABLE, ...(settings.tableDirectory !== undefined && { directory: settings.tableDirectory }) });
    closers.push(() => dynamoDb.close());

    // The local endpoints take any credentials; given here, so that the operator's own are never looked up.
    const credentials = { accessKeyId: "local", secretAccessKey: "local" };
    const fetch = createKeepAliveFetch();
    const aws = createAwsClients({ fetch, region: PSEUDO.region, credentials, endpoints: { dynamoDb: dynamoDb.endpoint, eventBridge: endpoint.url } });
    closers.push(() => aws.close());
    const ecs = createEcsClient({ region: PSEUDO.region, credentials, endpoints: { ecs: endpoint.url } });
    closers.push(() => ecs.destroy());

    const appCredentials = async () => ({ appId: String(app.appId), privateKey: app.privateKey });
    const octokit = createAppOctokit({ credentials: appCredentials, apiUrl: github.apiUrl, fetch, clock, log });
    const table = { client: aws.dynamoDb, tableName: JOBS_TABLE, callTimeoutMs: CALL_TIMEOUT_MS, log };
    const store = createDynamoJobStore(table);
    const people = createDynamoPeopleStores(table);
    const tasks = createEcsRunnerTasks({ client: ecs, cluster, clock, callTimeoutMs: CALL_TIMEOUT_MS });
    const pad = {
      store,
      minter: createCredentialMinter({ octokit, clock }),
      mintQuota: createMintQuota({ counter: createDynamoMintCounter(table), clock, log }),
      sealer: createPlainSealer(),
      publisher: createEventBridgePublisher({ client: aws.eventBridge, eventBusName: bus.name, clock, callTimeoutMs: CALL_TIMEOUT_MS }),
      profiles,
      runnerNamePrefix,
      clock,
      report: settings.report,
    };

    const policy = { ...profiles, webOrigin: github.webOrigin };
    const handleWorkflowJob = createWorkflowJobHandler(pad, policy);
    const receive = createReceiver({
      credentials: appCredentials,
      apiUrl: github.apiUrl,
      log,
      clock,
      fetch,
      handleWorkflowJob,
      handleInstallation: createInstallationHandler(pad),
    });
    const gate = createWebhookGate({ secrets: async () => ({ current: app.webhookSecret }), log, clock });
    const webhook = createWebhookListener({ gate, receive, log });
    const pages = createPagesListener({
      port,
      load: async () => {
        const [{ createAdminApp }, { createAdminWorld }] = await Promise.all([import("./admin/create-admin-app.ts"), import("./main.admin-world.ts")]);
        const world = createAdminWorld({
          ...people,
          store,
          images: null,
          tasks,
          fetch,
          github,
          profiles,
          runnerNamePrefix,
          oauth: async () => settings.oauth,
          oauthAdvice: oauthAdvice(port),
          clientAddress: () => "this machine",
          links: { taskUrl: () => null, logsUrl: () => null },
          deployment: "local",
          putMetrics: () => {},
          clock,
          log,
        });
        return createAdminApp(world);
      },
    });
    server.on("request", (request, response) => (isForWebhook(request.url ?? "") ? webhook : pages)(request, response));
    // Deliveries under way end first: they write to the store, which is closed after this.
    closers.push(() => closeServer(server));

    const calls = { registry: createRunnerRegistry({ octokit }), jobs: createJobLookup({ octokit }), deliveries: createHookDeliveries({ octokit }) };
    const witness = createRoundWitness({
      ...calls,
      store,
      memory: createDynamoRoundMemoryStore(table),
      sightings: people.sightings,
      hook: createAppHook({ octokit }),
      runnerNamePrefix,
      clock,
      log,
    });
    const carryOutRequests = createRequestCarrier({
      ...pad,
      ...calls,
      requests: people.requests,
      admins: createAccountAdmins({ octokit }),
      sightings: people.sightings,
      tasks,
      policy,
      parse: parseWorkflowJobEvent,
      log,
    });
    const countUsage = createUsageCounter({ ...people, everyMs: COUNT_EVERY_MS, clock, log });
    const reconcile = createReconciler({
      ...pad,
      ...calls,
      ...witness.ports,
      // Whoever looks on sees the jobs themselves.
      putMetrics: () => {},
      sleep,
      minter: shareTokens(pad.minter, clock),
      mintQuota: unsharedMints(pad.mintQuota),
      queuedJobs: createQueuedJobs({ octokit }),
      handleWorkflowJob,
      tasks,
      settings: { runnerNamePrefix, profiles, surplusGraceMs: settings.surplusGraceMs },
      log,
    });
    const round = async () => {
      await carryOutRequests();
      await reconcile();
      await countUsage();
    };
    const rounds = startRounds(() => witness.watch(round), settings.reconcileEveryMs, log);
    closers.push(() => rounds.stop());

    return { runnerNamePrefix, webhookUrl: `http://127.0.0.1:${port}${WEBHOOK_PATH}`, pagesUrl: `http://localhost:${port}/`, aws: { dynamoDbUrl: dynamoDb.endpoint, ecsUrl: endpoint.url, jobsTable: JOBS_TABLE, cluster }, store, people, bus, launcher, setTableDown: dynamoDb.setDown, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** As the gate routes: everything else is the pages'. */
function isForWebhook(url: string): boolean {
  const path = url.split("?", 1)[0];
  return path === WEBHOOK_PATH || path === "/ping";
}

async function listen(server: Server, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  return (server.address() as AddressInfo).port;
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => server.closeAllConnections(), CLOSE_LIMIT_MS);
    server.close(() => {
      clearTimeout(cut);
      resolve();
    });
  });
}
