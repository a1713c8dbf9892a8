import { isOpen, type JobRecord } from "../../app/core/job-record.ts";
import type { JobStore, WriteResult } from "../../app/ports.ts";
import { FailureScript, type ScriptedFailures } from "./scripted-failures.ts";

export interface InMemoryJobStore extends JobStore, ScriptedFailures<keyof JobStore> {
  /** All records, in the order their jobs first came. */
  all(): readonly JobRecord[];
  /** Puts a record there without any condition. */
  put(record: JobRecord): void;
  /** Successful writes so far. */
  writes(): number;
}

/** The port's semantics over a map. What goes in and comes out is copied, so that nobody shares an object with the store. */
export function createInMemoryJobStore(initial: readonly JobRecord[] = []): InMemoryJobStore {
  const records = new Map<string, JobRecord>();
  const failures = new FailureScript<keyof JobStore>();
  let writes = 0;

  const stored = (jobId: string): JobRecord | null => {
    const record = records.get(jobId);
    return record ? structuredClone(record) : null;
  };
  const put = (record: JobRecord): void => {
    // The store keeps whole seconds, as DynamoDB's time to live does.
    records.set(record.jobId, { ...structuredClone(record), expiresAt: Math.ceil(record.expiresAt / 1000) * 1000 });
  };
  const write = (record: JobRecord): WriteResult => {
    put(record);
    writes += 1;
    return { written: true };
  };

  for (const record of initial) put(record);

  return {
    async get(jobId) {
      return failures.run("get", () => stored(jobId));
    },
    async create(record) {
      return failures.run("create", () => {
        const existing = stored(record.jobId);
        return existing ? { written: false, existing } : write(record);
      });
    },
    async replace(record) {
      return failures.run("replace", () => {
        const existing = stored(record.jobId);
        if (existing?.revision !== record.revision) return { written: false, existing };
        return write({ ...record, revision: record.revision + 1 });
      });
    },
    async listOpen() {
      return failures.run("listOpen", () =>
        [...records.values()]
          .filter(isOpen)
          .toSorted((a, b) => a.receivedAt - b.receivedAt)
          .map((record) => structuredClone(record)),
      );
    },
    failNext: (call, error, when) => failures.failNext(call, error, when),
    all: () => [...records.values()].map((record) => structuredClone(record)),
    put,
    writes: () => writes,
  };
}
