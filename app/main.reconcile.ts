/** The composition root of the reconcile function, which a schedule, failing tasks and dead letters call. */
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import pino from "pino";
import { createAppSecrets } from "./aws/app-secrets.ts";
import { createAwsClients } from "./aws/aws-clients.ts";
import { createKmsSealer } from "./aws/credential-sealer.ts";
import { createEcsClient } from "./aws/ecs-client.ts";
import { createEmbeddedMetrics } from "./aws/embedded-metrics.ts";
import { createEventBridgePublisher } from "./aws/event-publisher.ts";
import { createDynamoJobStore } from "./aws/job-store.ts";
import { createDynamoMintCounter } from "./aws/mint-counter.ts";
import { createDynamoPeopleStores } from "./aws/people-stores.ts";
import { createReconcileInvocationHandler, type ReconcileAnswer } from "./aws/reconcile-invocation-handler.ts";
import { createDynamoRoundLease } from "./aws/round-lease.ts";
import { createDynamoRoundMemoryStore } from "./aws/round-memory-store.ts";
import { createEcsRunnerTasks } from "./aws/runner-tasks.ts";
import { createRequestCarrier } from "./carry-out-requests.ts";
import { readReconcileFunctionConfig } from "./config.ts";
import { createUsageCounter } from "./count-usage.ts";
import { createAccountAdmins } from "./github/account-admins.ts";
import { createAppHook } from "./github/app-hook.ts";
import { createAppOctokit } from "./github/app-octokit.ts";
import { createCredentialMinter } from "./github/credential-minter.ts";
import { createHookDeliveries } from "./github/hook-deliveries.ts";
import { createJobLookup } from "./github/job-lookup.ts";
import { parseWorkflowJobEvent } from "./github/parse-workflow-job-event.ts";
import { createQueuedJobs } from "./github/queued-jobs.ts";
import { createWorkflowJobHandler } from "./handle-workflow-job.ts";
import type { Launchpad } from "./launch-job.ts";
import { createKeepAliveFetch } from "./keep-alive-fetch.ts";
import { createRunnerRegistry } from "./github/runner-registry.ts";
import { paceLaunches } from "./pace-launches.ts";
import { paceRedeliveries } from "./pace-redeliveries.ts";
import { createLoneReconciler } from "./reconcile-alone.ts";
import { createReconciler } from "./reconcile-jobs.ts";
import { createMintQuota, unsharedMints } from "./mint-quota.ts";
import { progressFigures } from "./progress-figures.ts";
import { shareTokens } from "./share-tokens.ts";
import { createLaunchTaker } from "./take-back-launch.ts";
import { createRoundWitness } from "./witness-rounds.ts";

/** Nobody waits for a round's answer, so a slow region may take its time. */
const CALL_TIMEOUT_MS = 3_000;
/** GitHub assigns a queued job to an idle runner within seconds; a minute without one is a surplus. */
const SURPLUS_GRACE_MS = 60_000;

/** Charts of days. */
const COUNT_EVERY_MS = 5 * 60_000;

const config = readReconcileFunctionConfig();
const clock = Date.now;
const log = pino({ level: config.logLevel, base: null }, pino.destination({ sync: true }));
const fetch = createKeepAliveFetch();
const aws = createAwsClients({ fetch, endpoints: config.awsEndpoints, tryTimeoutMs: CALL_TIMEOUT_MS / 2 });
const secrets = createAppSecrets({ client: aws.secretsManager, secretId: config.appSecretId, clock, callTimeoutMs: CALL_TIMEOUT_MS, log });
const octokit = createAppOctokit({
  credentials: async () => {
    const { appId, privateKey } = await secrets.read();
    return { appId: String(appId), privateKey };
  },
  apiUrl: config.github.apiUrl,
  fetch,
  clock,
  log,
});
const table = { client: aws.dynamoDb, tableName: config.jobsTable, callTimeoutMs: CALL_TIMEOUT_MS, log };
const store = createDynamoJobStore(table);
const people = createDynamoPeopleStores(table);
const putMetrics = createEmbeddedMetrics({ namespace: config.metricsNamespace, clock, write: (line) => process.stdout.write(`${line}\n`) });
const mintQuota = createMintQuota({ counter: createDynamoMintCounter(table), clock, log });
const pad: Launchpad = {
  store,
  minter: shareTokens(createCredentialMinter({ octokit, clock }), clock),
  mintQuota: unsharedMints(mintQuota),
  sealer: createKmsSealer({ client: aws.kms, keyId: config.credentialKeyId, callTimeoutMs: CALL_TIMEOUT_MS }),
  publisher: paceLaunches(createEventBridgePublisher({ client: aws.eventBridge, eventBusName: config.eventBusName, clock, callTimeoutMs: CALL_TIMEOUT_MS }), clock, sleep),
  profiles: config.profiles,
  runnerNamePrefix: config.runnerNamePrefix,
  clock,
  report: progressFigures(putMetrics),
};
const github = {
  registry: createRunnerRegistry({ octokit }),
  jobs: createJobLookup({ octokit }),
  deliveries: paceRedeliveries(createHookDeliveries({ octokit }), clock, sleep),
};
const policy = { ...config.profiles, webOrigin: config.github.webOrigin };
const tasks = createEcsRunnerTasks({ client: createEcsClient({ tryTimeoutMs: CALL_TIMEOUT_MS / 2 }), cluster: config.cluster, clock, callTimeoutMs: CALL_TIMEOUT_MS });
const witness = createRoundWitness({
  ...github,
  store,
  memory: createDynamoRoundMemoryStore(table),
  sightings: people.sightings,
  hook: createAppHook({ octokit }),
  runnerNamePrefix: config.runnerNamePrefix,
  clock,
  log,
});
const carryOutRequests = createRequestCarrier({
  ...pad,
  ...github,
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
  ...github,
  ...witness.ports,
  putMetrics,
  sleep,
  queuedJobs: createQueuedJobs({ octokit }),
  // After an outage thousands may be announced at once: as with deliveries, what its share of mints does not take waits, and is launched within the limits.
  handleWorkflowJob: createWorkflowJobHandler({ ...pad, mintQuota }, policy),
  tasks,
  settings: { runnerNamePrefix: config.runnerNamePrefix, profiles: config.profiles, surplusGraceMs: SURPLUS_GRACE_MS },
  log,
});

const handle = createReconcileInvocationHandler({
  reconcile: createLoneReconciler({
    lease: createDynamoRoundLease(table),
    reconcile: () =>
      witness.watch(async () => {
        await carryOutRequests();
        const report = await reconcile();
        await countUsage();
        return report;
      }),
    newHolder: randomUUID,
    clock,
    log,
  }),
  takeBackLaunch: createLaunchTaker({ store, clock, log }),
  log,
});

export function handler(event: unknown): Promise<ReconcileAnswer> {
  return handle(event);
}
