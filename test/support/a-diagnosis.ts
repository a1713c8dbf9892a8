import { createAwsClients } from "../../app/aws/aws-clients.ts";
import { createDynamoImageRecordStore } from "../../app/aws/image-record-store.ts";
import { createDynamoJobStore } from "../../app/aws/job-store.ts";
import { createDynamoRoundSightingsStore } from "../../app/aws/round-sightings-store.ts";
import { createEcsClient } from "../../app/aws/ecs-client.ts";
import { createEcsRunnerTasks } from "../../app/aws/runner-tasks.ts";
import type { Diagnosis } from "../../app/core/diagnosis.ts";
import type { RoundSightings } from "../../app/core/round-sightings.ts";
import { explainJob, type ExplainWorld } from "../../app/explain-job.ts";
import { createAppOctokit, type AppOctokit } from "../../app/github/app-octokit.ts";
import { createGithubReader } from "../../app/github/github-reader.ts";
import { createHookReader } from "../../app/github/hook-reader.ts";
import { createKeepAliveFetch } from "../../app/keep-alive-fetch.ts";
import type { LocalBaton } from "./a-local-baton.ts";
import { createRecordingLog } from "./recording-log.ts";
import { aPolicy, type ProfileInput } from "./test-profiles.ts";

const LOCAL = { region: "us-east-1", credentials: { accessKeyId: "local", secretAccessKey: "local" } };

export interface ExplainChanges extends Partial<Omit<ExplainWorld, "profiles">> {
  readonly profiles?: readonly ProfileInput[];
  /** In place of what the last round saw. */
  readonly round?: RoundSightings | null;
}

/** Asked over and over, each look with tokens of its own would meet GitHub's limits. */
const octokits = new WeakMap<LocalBaton["github"], AppOctokit>();

/** What `npm run doctor` looks by: the App's own key, the jobs table and ECS of this Baton, over the wire. */
export function explainWorldOf(baton: LocalBaton, changes: ExplainChanges = {}): ExplainWorld {
  const { profiles = [], round, ...others } = changes;
  const log = createRecordingLog();
  const { app, github, plane, now } = baton;
  const octokit = octokits.get(github) ?? createAppOctokit({ credentials: async () => app, apiUrl: github.apiUrl, fetch: createKeepAliveFetch(), clock: now, log });
  octokits.set(github, octokit);
  const ecs = createEcsClient({ ...LOCAL, endpoints: { ecs: plane.aws.ecsUrl } });
  const aws = createAwsClients({ ...LOCAL, fetch: createKeepAliveFetch(), endpoints: { dynamoDb: plane.aws.dynamoDbUrl } });
  const table = { client: aws.dynamoDb, tableName: plane.aws.jobsTable, callTimeoutMs: 5_000, log };
  return {
    reader: createGithubReader({ octokit, clock: now }),
    hook: createHookReader({ octokit }),
    hookUrl: plane.webhookUrl,
    github: { apiUrl: github.apiUrl, webOrigin: github.origin },
    store: createDynamoJobStore(table),
    images: createDynamoImageRecordStore(table),
    sightings: round === undefined ? createDynamoRoundSightingsStore(table) : { read: async () => round },
    tasks: createEcsRunnerTasks({ client: ecs, cluster: plane.aws.cluster, clock: now, callTimeoutMs: 5_000 }),
    profiles: aPolicy(...profiles),
    runnerNamePrefix: "baton",
    clock: now,
    ...others,
  };
}

export function explain(baton: LocalBaton, jobId: string, changes: ExplainChanges = {}): Promise<Diagnosis> {
  return explainJob(explainWorldOf(baton, changes), baton.github.job(jobId).htmlUrl);
}
