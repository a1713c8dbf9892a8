import { isOpen, type JobRecord } from "../core/job-record.ts";
import type { MintWindow } from "../core/mint-window.ts";
import type { RoundMemory } from "../core/round-memory.ts";
import type { RoundSightings } from "../core/round-sightings.ts";
import { StoreError, type JobStore, type MintCounter, type RoundLease, type RoundMemoryStore, type RoundSightingsStore, type WriteResult } from "../ports.ts";
import type { Sandbox } from "./sandbox.ts";
import type { Stage } from "./stage.ts";

/** As in the webhook's and the reconciler's composition roots, about. */
const CALL_LIMIT_MS = 1_200;
const COUNT_LIMIT_MS = 500;
/** How far an index can be behind its table. */
const INDEX_LAG_MS = 3_000;
const FAULTS = { service: "store", fails: "store fails" } as const;

export interface StoreWatcher {
  /** A write that went through, by whom. `previous` is null for a first record. */
  written(previous: JobRecord | null, record: JobRecord, by: Sandbox): void;
}

/** The jobs table: one of the port's own semantics, with an index that lags. Records are immutable, so none is copied. */
export class SimulatedStore {
  readonly records = new Map<string, JobRecord>();
  readonly #stage: Stage;
  readonly #watcher: StoreWatcher;
  /** What the index showed before the last writes. */
  readonly #before: { readonly at: number; readonly jobId: string; readonly record: JobRecord | null }[] = [];
  readonly #mints = new Map<string, MintWindow>();
  #memory: RoundMemory;
  #sightings: RoundSightings | null = null;
  #lease: { readonly holder: string; readonly until: number } | null = null;

  /** With the memory of earlier days. */
  constructor(stage: Stage, watcher: StoreWatcher, memory: RoundMemory) {
    this.#memory = memory;
    this.#stage = stage;
    this.#watcher = watcher;
  }

  portFor(sandbox: Sandbox): JobStore {
    const call = <T>(what: string, effect: () => T) =>
      sandbox.call({ ...FAULTS, what, limitMs: CALL_LIMIT_MS, answerLost: "store answer lost", failure: storeFailure, effect });
    return {
      get: (jobId) => call(`read job ${jobId}`, () => this.records.get(jobId) ?? null),
      create: (record) =>
        call(describe("create", record), () => {
          const existing = this.records.get(record.jobId);
          return existing ? { written: false, existing } : this.#write(null, record, sandbox);
        }),
      replace: (record) =>
        call(describe("replace", record), () => {
          const existing = this.records.get(record.jobId) ?? null;
          if (existing?.revision !== record.revision) return { written: false, existing };
          return this.#write(existing, { ...record, revision: record.revision + 1 }, sandbox);
        }),
      listOpen: () => call("list open jobs", () => this.#listOpen()),
    };
  }

  /** An item of its own in the same table. */
  memoryFor(sandbox: Sandbox): RoundMemoryStore {
    const call = <T>(what: string, effect: () => T) =>
      sandbox.call({ ...FAULTS, what, limitMs: CALL_LIMIT_MS, answerLost: "store answer lost", failure: storeFailure, effect });
    return {
      read: () => call("read what the last round left", () => this.#memory),
      write: (memory) =>
        call("keep what the next round needs", () => {
          this.#memory = memory;
        }),
    };
  }

  /** Another item. */
  sightingsFor(sandbox: Sandbox): RoundSightingsStore {
    const call = <T>(what: string, effect: () => T) =>
      sandbox.call({ ...FAULTS, what, limitMs: CALL_LIMIT_MS, answerLost: "store answer lost", failure: storeFailure, effect });
    return {
      read: () => call("read what people are shown of rounds", () => this.#sightings),
      write: (sightings) =>
        call("keep what people are shown of rounds", () => {
          this.#sightings = sightings;
        }),
    };
  }

  /** One update of an item each. */
  mintCounterFor(sandbox: Sandbox): MintCounter {
    const call = <T>(what: string, effect: () => T) =>
      sandbox.call({ ...FAULTS, what, limitMs: COUNT_LIMIT_MS, answerLost: "store answer lost", failure: storeFailure, effect });
    const windowOf = (installationId: string) => this.#mints.get(installationId) ?? { minute: 0, used: 0, usedBefore: 0, pausedUntil: 0, heldUntil: 0 };
    return {
      add: (installationId, minute, mints) =>
        call(`count ${mints} mints`, () => {
          const before = windowOf(installationId);
          const isNew = before.minute < minute;
          const fresh = { minute, used: mints, usedBefore: before.minute === minute - 1 ? before.used : 0 };
          const after = { ...before, ...(isNew ? fresh : { used: before.used + mints }) };
          this.#mints.set(installationId, after);
          return after;
        }),
      note: (installationId, until) =>
        call(`note that installation ${installationId} is ${"pausedUntil" in until ? "throttled" : "the reconciler's"}`, () => {
          const before = windowOf(installationId);
          const { pausedUntil, heldUntil } = { ...before, ...until };
          this.#mints.set(installationId, { ...before, pausedUntil: Math.max(before.pausedUntil, pausedUntil), heldUntil: Math.max(before.heldUntil, heldUntil) });
        }),
    };
  }

  leaseFor(sandbox: Sandbox): RoundLease {
    const call = <T>(what: string, effect: () => T) => sandbox.call({ ...FAULTS, what, limitMs: CALL_LIMIT_MS, failure: storeFailure, effect });
    return {
      take: (holder, now, until) =>
        call("take the round's lease", () => {
          if (this.#lease && this.#lease.until > now && this.#lease.holder !== holder) return false;
          this.#lease = { holder, until };
          return true;
        }),
      giveBack: (holder) =>
        call("give the round's lease back", () => {
          if (this.#lease?.holder === holder) this.#lease = null;
        }),
    };
  }

  #write(previous: JobRecord | null, record: JobRecord, by: Sandbox): WriteResult {
    const frozen = Object.freeze({ ...record, expiresAt: Math.ceil(record.expiresAt / 1000) * 1000 });
    this.#before.push({ at: this.#stage.time.now(), jobId: record.jobId, record: previous });
    this.records.set(record.jobId, frozen);
    this.#watcher.written(previous, frozen, by);
    return { written: true };
  }

  #listOpen(): readonly JobRecord[] {
    const { time, faults, random } = this.#stage;
    const shown = new Map<string, JobRecord | null>(this.records);
    while (this.#before[0] && this.#before[0].at < time.now() - INDEX_LAG_MS) this.#before.shift();
    if (faults.strikes("store lists late")) {
      const as = time.now() - random.between(0, INDEX_LAG_MS);
      for (const { at, jobId, record } of this.#before.toReversed()) if (at > as) shown.set(jobId, record);
    }
    return [...shown.values()].flatMap((record) => (record && isOpen(record) ? [record] : [])).toSorted((a, b) => a.receivedAt - b.receivedAt);
  }
}

function describe(verb: string, record: JobRecord): string {
  const { jobName, state, reason, launch, revision } = record;
  return `${verb} ${jobName}: ${state}${reason ? ` (${reason})` : ""}, launch ${launch}, revision ${revision}`;
}

function storeFailure(kind: "failed" | "throttled" | "timeout"): StoreError {
  return new StoreError(kind === "throttled" ? "store-throttled" : "store-failed", `the store ${kind}`, { retryable: true });
}
