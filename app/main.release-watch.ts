/** The composition root of the release watch, which a schedule calls, and whatever may have changed what the image should be. */
import { CodeBuildClient } from "@aws-sdk/client-codebuild";
import { CodeCommitClient } from "@aws-sdk/client-codecommit";
import { ECRClient } from "@aws-sdk/client-ecr";
import pino from "pino";
import { awsClientSettings, MAX_ATTEMPTS } from "./aws/aws-client-settings.ts";
import { createEmbeddedMetrics } from "./aws/embedded-metrics.ts";
import { createCodeBuildImageBuilds } from "./aws/image-builds.ts";
import { createDynamoImageRecordStore } from "./aws/image-record-store.ts";
import { createCodeCommitImageSource } from "./aws/image-source.ts";
import { createJsonClients } from "./aws/json-clients.ts";
import { createEcrRunnerImages } from "./aws/runner-images.ts";
import { readReleaseWatchConfig } from "./config.ts";
import { createRunnerReleases } from "./github/runner-releases.ts";
import { createKeepAliveFetch } from "./keep-alive-fetch.ts";
import { createReleaseWatch } from "./watch-releases.ts";

/** Nobody waits. */
const CALL_TIMEOUT_MS = 5_000;

const config = readReleaseWatchConfig();
const clock = Date.now;
const log = pino({ level: config.logLevel, base: null }, pino.destination({ sync: true }));
const fetch = createKeepAliveFetch();
const ecr = new ECRClient(awsClientSettings("ecr", { tryTimeoutMs: CALL_TIMEOUT_MS / 2 }));
const { dynamoDb } = createJsonClients({ sdk: ecr.config, endpoints: config.awsEndpoints, fetch, maxAttempts: MAX_ATTEMPTS, tryTimeoutMs: CALL_TIMEOUT_MS / 2 });
const { source } = config;
const watch = createReleaseWatch({
  releases: createRunnerReleases({ fetch, apiUrl: config.releasesApiUrl, clock }),
  images: createEcrRunnerImages({ client: ecr, repositoryName: config.imageRepository, callTimeoutMs: CALL_TIMEOUT_MS }),
  source:
    source.kind === "codecommit"
      ? createCodeCommitImageSource({ client: new CodeCommitClient(awsClientSettings("codeCommit", { tryTimeoutMs: CALL_TIMEOUT_MS / 2 })), ...source, callTimeoutMs: CALL_TIMEOUT_MS })
      : { revision: async () => source.location },
  builds: createCodeBuildImageBuilds({
    client: new CodeBuildClient(awsClientSettings("codeBuild", { tryTimeoutMs: CALL_TIMEOUT_MS / 2 })),
    projectName: config.buildProject,
    revisions: source.kind === "codecommit" ? "commit" : "location",
    clock,
    callTimeoutMs: CALL_TIMEOUT_MS,
  }),
  record: createDynamoImageRecordStore({ client: dynamoDb, tableName: config.jobsTable, callTimeoutMs: CALL_TIMEOUT_MS, log }),
  pinnedVersion: config.pinnedVersion,
  clock,
  log,
  putMetrics: createEmbeddedMetrics({ namespace: config.metricsNamespace, clock, write: (line) => process.stdout.write(`${line}\n`) }),
});

/** The event is not looked at: every call looks at everything. */
export async function handler(): Promise<{ readonly action: string; readonly reason: string }> {
  const { action } = await watch();
  return { action: action.kind, reason: action.reason };
}
