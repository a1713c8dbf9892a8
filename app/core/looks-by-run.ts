import type { JobRecord } from "./job-record.ts";

/** Jobs of one attempt of one run, which GitHub shows together. */
export interface RunLook {
  readonly installationId: string;
  readonly repository: JobRecord["repository"];
  readonly runId: string;
  readonly runAttempt: number;
  /** Those that are to be looked at, oldest first; at least one. */
  readonly records: readonly JobRecord[];
}

/**
 * What is to be looked at, run by run. Jobs that want a runner come before those that have one, about which nothing but their end is in doubt; else the run with
 * the oldest job comes first.
 */
export function looksByRun(due: readonly JobRecord[]): readonly RunLook[] {
  const byRun = Map.groupBy(due, ({ installationId, repository, runId, runAttempt }) => `${installationId} ${repository.owner}/${repository.name} ${runId} ${runAttempt}`.toLowerCase());
  return [...byRun.values()]
    .flatMap((ofRun): RunLook[] => {
      const records = ofRun.toSorted((a, b) => a.createdAt - b.createdAt);
      const [first] = records;
      if (first === undefined || first.installationId === null) return [];
      const { installationId, repository, runId, runAttempt } = first;
      return [{ installationId, repository, runId, runAttempt, records }];
    })
    .toSorted((a, b) => Number(isServed(a)) - Number(isServed(b)) || createdAt(a) - createdAt(b));
}

function isServed({ records }: RunLook): boolean {
  return records.every(({ state }) => state === "running");
}

function createdAt({ records }: RunLook): number {
  return records[0]?.createdAt ?? 0;
}
