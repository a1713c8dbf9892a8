import { createEcsClient } from "../../app/aws/ecs-client.ts";
import { createEcsRunnerTasks } from "../../app/aws/runner-tasks.ts";
import type { Diagnosis } from "../../app/core/diagnosis.ts";
import type { RoundSightings } from "../../app/core/round-sightings.ts";
import { explainJob, type ExplainWorld } from "../../app/explain-job.ts";
import { createAppOctokit } from "../../app/github/app-octokit.ts";
import { createGithubReader } from "../../app/github/github-reader.ts";
import { createHookReader } from "../../app/github/hook-reader.ts";
import { createKeepAliveFetch } from "../../app/keep-alive-fetch.ts";
import type { LocalBaton } from "./a-local-baton.ts";
import { createRecordingLog } from "./recording-log.ts";
import { aPolicy, type ProfileInput } from "./test-profiles.ts";

export interface ExplainChanges extends Partial<Omit<ExplainWorld, "profiles">> {
  readonly profiles?: readonly ProfileInput[];
  /** In place of what a round would have seen: just now, nothing of note. */
  readonly round?: RoundSightings | null;
}

/** What `npm run doctor` looks by: the App's own key, the jobs table and ECS of this Baton, over the wire. */
export function explainWorldOf(baton: LocalBaton, changes: ExplainChanges = {}): ExplainWorld {
  const { profiles = [], round, ...others } = changes;
  const log = createRecordingLog();
  const { app, github, plane, now } = baton;
  const octokit = createAppOctokit({ credentials: async () => app, apiUrl: github.apiUrl, fetch: createKeepAliveFetch(), clock: now, log });
  const ecs = createEcsClient({ region: "us-east-1", credentials: { accessKeyId: "local", secretAccessKey: "local" }, endpoints: { ecs: plane.aws.ecsUrl } });
  return {
    reader: createGithubReader({ octokit, clock: now }),
    hook: createHookReader({ octokit }),
    hookUrl: plane.webhookUrl,
    github: { apiUrl: github.apiUrl, webOrigin: github.origin },
    store: plane.store,
    sightings: { read: async () => (round === undefined ? { at: now(), installations: [], deliveries: [], hook: null } : round) },
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
