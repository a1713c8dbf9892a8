import type { JobRecord } from "../../app/core/job-record.ts";
import type { Runner, RunnerTask } from "../../app/core/observation.ts";
import { aJobRecord } from "./a-job-record.ts";
import { TEST_NOW } from "./a-workflow-job-event.ts";

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
