import type { JobRecord } from "../../../app/core/job-record.ts";
import type { RunnerTask } from "../../../app/core/observation.ts";
import type { DeliverySighting, RoundSightings } from "../../../app/core/round-sightings.ts";
import { WAIT_BUCKETS_SECONDS, type Usage } from "../../../app/core/usage.ts";
import { A_PLACEMENT, aJobRecord } from "../a-job-record.ts";

export interface BusyDay {
  readonly records: readonly JobRecord[];
  readonly sightings: RoundSightings;
  readonly usage: Usage;
  readonly tasks: readonly RunnerTask[];
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** An installation in the middle of its day: a job in every state, runners, tasks, deliveries and two weeks' figures. */
export function aBusyDay(installationId: string, now: number): BusyDay {
  const job = (id: number, name: string, queuedAgo: number, facts: Partial<JobRecord>, repository = "shop"): JobRecord => {
    const createdAt = now - queuedAgo;
    const record = aJobRecord({ jobId: String(8_123_456_000 + id) }, { jobId: String(8_123_456_000 + id), runId: String(7_123_456_000 + Math.floor(id / 4)), name, installationId, createdAt, repository });
    return { ...record, receivedAt: createdAt + 900, steps: [{ at: createdAt + 900, kind: "received", launch: 0, reason: "", detail: "" }], ...facts };
  };
  const launched = (record: JobRecord, after: number): JobRecord => ({
    ...record,
    launch: 1,
    launchedAt: record.createdAt + after,
    leaseUntil: record.createdAt + after + 480 * SECOND,
    steps: [...record.steps, { at: record.createdAt + after, kind: "launch", launch: 1, reason: "", detail: nameOf(record) }],
  });
  const started = (record: JobRecord, after: number, runnerName = nameOf(record)): JobRecord => ({
    ...record,
    state: "running",
    runnerName,
    startedAt: record.createdAt + after,
    leaseUntil: null,
    steps: [...record.steps, { at: record.createdAt + after, kind: "running", launch: 1, reason: "", detail: runnerName }],
  });
  const ended = (record: JobRecord, after: number, conclusion: string): JobRecord => ({
    ...record,
    state: "completed",
    conclusion,
    endedAt: record.createdAt + after,
    steps: [...record.steps, { at: record.createdAt + after, kind: "completed", launch: 1, reason: "", detail: conclusion }],
  });

  const waiting = job(1, "deploy to production", 6 * MINUTE, {});
  const noCapacity: JobRecord = {
    ...launched(waiting, 1_300),
    state: "waiting",
    reason: "task-no-capacity",
    nextTryAt: now + 22 * SECOND,
    leaseUntil: null,
    tries: 2,
    placement: { ...A_PLACEMENT, target: "spot-x64" },
    steps: [
      ...launched(waiting, 1_300).steps,
      { at: waiting.createdAt + 70 * SECOND, kind: "wait", launch: 1, reason: "task-no-capacity", detail: "Capacity is unavailable at this time. Please try again later or in a different availability zone" },
      { at: waiting.createdAt + 130 * SECOND, kind: "launch", launch: 2, reason: "", detail: `baton-${waiting.jobId}-2` },
      { at: waiting.createdAt + 200 * SECOND, kind: "wait", launch: 2, reason: "task-no-capacity", detail: "Capacity is unavailable at this time. Please try again later or in a different availability zone" },
    ],
    launch: 2,
  };
  const starting: JobRecord = { ...launched(job(2, "integration (postgres 17)", 24 * SECOND, {}), 1_200), state: "launching" };
  const running = started(launched(job(3, "build", 3 * MINUTE, {}), 1_100), 41 * SECOND);
  const swapped = started(launched(job(5, "unit tests (node 24)", 2 * MINUTE, {}, "website"), 1_000), 39 * SECOND, `baton-${8_123_456_004}-1`);
  const succeeded = ended(started(launched(job(4, "lint", 11 * MINUTE, {}, "website"), 1_000), 44 * SECOND), 95 * SECOND, "success");
  const failedJob = ended(started(launched(job(6, "e2e", 40 * MINUTE, {}), 1_000), 48 * SECOND), 9 * MINUTE, "failure");
  const cancelled = ended(job(7, "release notes", 55 * MINUTE, {}), 20 * SECOND, "cancelled");
  const notOurs = job(8, "docs", 65 * MINUTE, { state: "ignored", reason: "no-matching-profile", placement: null, labels: ["ubuntu-latest"], endedAt: now - 65 * MINUTE + 900 });
  const givenUp: JobRecord = {
    ...launched(job(9, "train model", 5 * HOUR, {}, "research"), 1_000),
    state: "given-up",
    reason: "launches-exhausted",
    endedAt: now - 4 * HOUR,
    launch: 12,
    leaseUntil: null,
  };
  const records = [noCapacity, starting, running, swapped, succeeded, failedJob, cancelled, notOurs, givenUp];

  const task = (record: JobRecord, launch: number, facts: Partial<RunnerTask>): RunnerTask => ({
    arn: `arn:aws:ecs:eu-west-1:123456789012:task/baton/${record.jobId}${launch}`,
    runnerName: `baton-${record.jobId}-${launch}`,
    lastStatus: "RUNNING",
    createdAt: (record.launchedAt ?? now) + 1_500,
    stoppedAt: null,
    exitCode: null,
    stopCode: null,
    stoppedReason: null,
    ...facts,
  });
  const tasks = [
    task(noCapacity, 2, { lastStatus: "STOPPED", stoppedAt: now - 2 * MINUTE, stopCode: "TaskFailedToStart", stoppedReason: "Capacity is unavailable at this time. Please try again later or in a different availability zone" }),
    task(starting, 1, { lastStatus: "PROVISIONING" }),
    task(running, 1, {}),
    task(succeeded, 1, { lastStatus: "STOPPED", stoppedAt: (succeeded.endedAt ?? now) + 4 * SECOND, exitCode: 0, stopCode: "EssentialContainerExited" }),
    task(swapped, 1, {}),
  ];

  const deliveries: DeliverySighting[] = records.map((record, index) => ({
    id: String(9_007_199_254_740_993n + BigInt(index)),
    guid: `${(0x9f3a_2b10 + index * 7919).toString(16)}-7c1e-11f0-8d2e-1a2b3c4d5e6f`,
    event: "workflow_job",
    action: record.state === "completed" ? "completed" : record.state === "running" ? "in_progress" : "queued",
    installationId,
    repositoryId: record.repository.id,
    deliveredAt: record.endedAt ?? record.startedAt ?? record.receivedAt,
    statusCode: index === 5 ? 503 : 202,
    status: index === 5 ? "Invalid HTTP Response: 503" : "OK",
    redelivery: index === 6,
  }));

  return {
    records,
    tasks,
    sightings: {
      at: now - 24 * SECOND,
      hook: { url: "https://abc123.lambda-url.eu-west-1.on.aws/", active: true },
      deliveries: deliveries.toSorted((a, b) => b.deliveredAt - a.deliveredAt),
      installations: [
        {
          installationId,
          account: "acme",
          waiting: 1,
          launching: 1,
          running: 2,
          oldestWaitingAt: noCapacity.createdAt,
          reasons: [{ reason: "task-no-capacity", jobs: 1 }],
          runners: [
            { id: "21", name: running.runnerName ?? "", online: true, busy: true, labels: running.labels },
            { id: "22", name: nameOf(swapped), online: true, busy: false, labels: swapped.labels },
            { id: "23", name: swapped.runnerName ?? "", online: true, busy: true, labels: swapped.labels },
          ],
          runnerCount: 3,
          trouble: "",
        },
      ],
    },
    usage: { installationId, days: twoWeeks(now), countedTo: now - MINUTE, countedLately: [] },
  };
}

function nameOf({ jobId }: JobRecord): string {
  return `baton-${jobId}-1`;
}

/** Waits around 40 s with a tail, and no jobs on Sundays. */
function twoWeeks(now: number): Usage["days"] {
  return Array.from({ length: 14 }, (_, age) => {
    const date = new Date(now - age * 24 * HOUR);
    const jobs = date.getUTCDay() === 0 ? 0 : 40 + ((age * 37) % 50);
    const middle = WAIT_BUCKETS_SECONDS.indexOf(48) + (age % 3) - 1;
    const waits = Array.from({ length: WAIT_BUCKETS_SECONDS.length + 1 }, (_, bucket) => Math.round(jobs * Math.exp(-((bucket - middle) ** 2) / (bucket < middle ? 1.5 : 9 + (age % 5) * 5)) * 0.25));
    const repositories = jobs === 0 ? [] : [
      { name: "acme/shop", jobs: Math.ceil(jobs * 0.6), runSeconds: jobs * 130 },
      { name: "acme/website", jobs: Math.floor(jobs * 0.3), runSeconds: jobs * 22 },
      { name: "acme/research", jobs: Math.floor(jobs * 0.1), runSeconds: jobs * 61 },
    ];
    return { day: date.toISOString().slice(0, 10), waits, failed: age === 0 ? 1 : 0, repositories };
  });
}
