/** What a round sees, in pieces, and what the plan makes of it in a line each. */
import type { JobRecord } from "../../app/core/job-record.ts";
import type { Observation, Runner, RunnerTask } from "../../app/core/observation.ts";
import { plan, type RepairAction } from "../../app/core/repair-plan.ts";
import { aJobRecord } from "./a-job-record.ts";
import { TEST_NOW } from "./a-workflow-job-event.ts";
import { aPolicy } from "./test-profiles.ts";

export const settings = { runnerNamePrefix: "baton", profiles: aPolicy(), surplusGraceMs: 60_000 };
export const QUEUED = { status: "queued", conclusion: null, runnerName: null };

export const launching = (jobId: string, overrides: Partial<JobRecord> = {}) =>
  aJobRecord({ jobId, state: "launching", launch: 1, launchSpent: false, launchedAt: TEST_NOW - 300_000, leaseUntil: TEST_NOW + 180_000, ...overrides });
export const waiting = (jobId: string, overrides: Partial<JobRecord> = {}) =>
  aJobRecord({ jobId, state: "waiting", reason: "mint-failed", launch: 1, launchSpent: false, nextTryAt: TEST_NOW, ...overrides });

export function aRunner(name: string, overrides: Partial<Runner> = {}): Runner {
  return {
    id: name,
    name,
    online: true,
    busy: false,
    labels: ["self-hosted", "linux", "x64", "small"],
    scope: { kind: "organization", organization: "acme" },
    installationId: "4711",
    ...overrides,
  };
}

export function aTask(name: string, overrides: Partial<RunnerTask> = {}): RunnerTask {
  return {
    arn: `arn:${name}`,
    runnerName: name,
    lastStatus: "RUNNING",
    createdAt: TEST_NOW - 300_000,
    stoppedAt: null,
    exitCode: null,
    stopCode: null,
    stoppedReason: null,
    ...overrides,
  };
}
export const stopped = (name: string, exitCode: number | null, overrides: Partial<RunnerTask> = {}) =>
  aTask(name, { lastStatus: "STOPPED", stoppedAt: TEST_NOW - 1_000, exitCode, stopCode: "EssentialContainerExited", ...overrides });

export const NOTHING_SEEN: Observation = { records: [], runners: [], tasks: [], listed: new Set(["4711 acme"]), suspects: [], launches: [], busySince: new Map(), failedDeliveries: [], unannounced: [], jobs: new Map() };

export function planFor(seen: Partial<Observation>, now = TEST_NOW): readonly RepairAction[] {
  return plan({ ...NOTHING_SEEN, ...seen }, settings, now);
}
export const brief = (actions: readonly RepairAction[]) =>
  actions.map((action) => [action.kind, subjectOf(action), "reason" in action ? action.reason : ""]);
function subjectOf(action: RepairAction): string | number | null {
  if ("record" in action) return action.record.jobId;
  if ("runner" in action) return action.runner.name;
  if ("task" in action) return action.task.runnerName;
  if ("event" in action) return action.event.job.id;
  return "count" in action ? action.count : action.deliveryId;
}
export const allQueued = (...ids: string[]) => new Map(ids.map((id) => [id, QUEUED] as const));
