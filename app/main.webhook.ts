/** The composition root of the webhook function: a Lambda Function URL in front of the gate. */
import pino from "pino";
import { createAppSecrets } from "./aws/app-secrets.ts";
import { createAwsClients } from "./aws/aws-clients.ts";
import { createKmsSealer } from "./aws/credential-sealer.ts";
import { createEmbeddedMetrics } from "./aws/embedded-metrics.ts";
import { createEventBridgePublisher } from "./aws/event-publisher.ts";
import { createDynamoJobStore } from "./aws/job-store.ts";
import { createDynamoMintCounter } from "./aws/mint-counter.ts";
import { readFunctionConfig } from "./config.ts";
import { createAppOctokit } from "./github/app-octokit.ts";
import { createCredentialMinter } from "./github/credential-minter.ts";
import { createFunctionUrlHandler, type FunctionUrlAnswer, type FunctionUrlEvent } from "./github/function-url.ts";
import { WEBHOOK_QUOTA_RESERVE } from "./github/installation-quota.ts";
import { createKeepAliveFetch } from "./keep-alive-fetch.ts";
import { createReceiver } from "./github/receiver.ts";
import { createWebhookGate } from "./github/webhook-gate.ts";
import { createInstallationHandler } from "./handle-installation.ts";
import { createWorkflowJobHandler } from "./handle-workflow-job.ts";
import { createMintQuota } from "./mint-quota.ts";
import { progressFigures } from "./progress-figures.ts";

/** Two attempts of one call within the region, the second after a throttle's pause or where the first got no answer for half of this. Three of them fit between a mint's deadline and the function's own 9 s. */
const CALL_TIMEOUT_MS = 1_200;
/** Beside the claim, which takes about ten milliseconds: a launch waits no longer to hear whether it may mint. */
const COUNT_TIMEOUT_MS = 500;

const config = readFunctionConfig();
const clock = Date.now;
const log = pino({ level: config.logLevel, base: null }, pino.destination({ sync: true }));
const fetch = createKeepAliveFetch();
const aws = createAwsClients({ fetch, endpoints: config.awsEndpoints, tryTimeoutMs: CALL_TIMEOUT_MS / 2 });
const secrets = createAppSecrets({ client: aws.secretsManager, secretId: config.appSecretId, clock, callTimeoutMs: CALL_TIMEOUT_MS, log });
// Read while Lambda brings the first event. A failure is told by the first delivery, which reads anew.
const firstRead = secrets.read().then(
  () => {},
  () => {},
);
const credentials = async () => {
  const { appId, privateKey } = await secrets.read();
  return { appId: String(appId), privateKey };
};
const pad = {
  store: createDynamoJobStore({ client: aws.dynamoDb, tableName: config.jobsTable, callTimeoutMs: CALL_TIMEOUT_MS, log }),
  minter: createCredentialMinter({ octokit: createAppOctokit({ credentials, apiUrl: config.github.apiUrl, fetch, clock, log, quotaReserve: WEBHOOK_QUOTA_RESERVE }), clock }),
  mintQuota: createMintQuota({ counter: createDynamoMintCounter({ client: aws.dynamoDb, tableName: config.jobsTable, callTimeoutMs: COUNT_TIMEOUT_MS }), clock, log }),
  sealer: createKmsSealer({ client: aws.kms, keyId: config.credentialKeyId, callTimeoutMs: CALL_TIMEOUT_MS }),
  publisher: createEventBridgePublisher({ client: aws.eventBridge, eventBusName: config.eventBusName, clock, callTimeoutMs: CALL_TIMEOUT_MS }),
  profiles: config.profiles,
  runnerNamePrefix: config.runnerNamePrefix,
  clock,
  report: progressFigures(createEmbeddedMetrics({ namespace: config.metricsNamespace, clock, write: (line) => process.stdout.write(`${line}\n`) })),
};
const receive = createReceiver({
  credentials,
  apiUrl: config.github.apiUrl,
  log,
  clock,
  fetch,
  handleWorkflowJob: createWorkflowJobHandler(pad, { ...config.profiles, webOrigin: config.github.webOrigin }),
  handleInstallation: createInstallationHandler(pad),
});
const gate = createWebhookGate({
  secrets: async () => {
    await firstRead;
    const { webhookSecret, previousWebhookSecret } = await secrets.read();
    return { current: webhookSecret, ...(previousWebhookSecret !== null && { previous: previousWebhookSecret }) };
  },
  log,
  clock,
});
const answer = createFunctionUrlHandler({ gate, receive });

/** Two parameters: nodejs24.x takes a third for a callback, which it has no more. */
export function handler(event: FunctionUrlEvent, context: unknown): Promise<FunctionUrlAnswer> {
  return answer(event, context);
}
