import { isOpen, type JobRecord } from "../../app/core/job-record.ts";
import { SUMMARY_MEMBERS, type JobSummary } from "../../app/core/job-summary.ts";
import type { JobDirectory } from "../../app/ports.ts";
import { FailureScript, type ScriptedFailures } from "./scripted-failures.ts";

export interface InMemoryJobDirectory extends JobDirectory, ScriptedFailures<keyof JobDirectory> {}

/** The port's semantics over the records of a store. */
export function createInMemoryJobDirectory(store: { all(): readonly JobRecord[] }): InMemoryJobDirectory {
  const failures = new FailureScript<keyof JobDirectory>();
  return {
    list: async ({ installationId, which, limit, from }) =>
      failures.run("list", () => {
        const jobs = store
          .all()
          .filter((record) => record.installationId === installationId && isOpen(record) === (which === "open"))
          .toSorted((a, b) => (which === "open" ? placeOf(a).localeCompare(placeOf(b)) : placeOf(b).localeCompare(placeOf(a))));
        const begin = from === null ? 0 : jobs.findIndex((job) => (which === "open" ? placeOf(job) > from : placeOf(job) < from));
        const shown = begin === -1 ? [] : jobs.slice(begin, begin + limit);
        const last = shown.at(-1);
        return { jobs: shown.map(summaryOf), next: last && jobs.at(-1) !== last ? placeOf(last) : null };
      }),
    failNext: (call, error, when) => failures.failNext(call, error, when),
  };
}

export function summaryOf(record: JobRecord): JobSummary {
  const members = ["jobId", ...SUMMARY_MEMBERS] as const;
  return Object.fromEntries(members.map((member) => [member, record[member]])) as unknown as JobSummary;
}

function placeOf(record: JobRecord): string {
  const time = isOpen(record) ? record.receivedAt : (record.endedAt ?? record.receivedAt);
  return `${isOpen(record) ? "open" : "ended"}-${String(time).padStart(15, "0")}-${record.jobId}`;
}
