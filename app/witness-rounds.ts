import type { JobRecord } from "./core/job-record.ts";
import type { HookDelivery } from "./core/observation.ts";
import { sightingsOf, type RoundLook, type RoundSightings, type RunnerList } from "./core/round-sightings.ts";
import type { SeenPlace } from "./core/seen-places.ts";
import { GithubError, type AppHook, type Clock, type HookDeliveries, type JobStore, type Log, type RoundMemoryStore, type RoundSightingsStore, type RunnerRegistry } from "./ports.ts";

/** What a round sees by. */
export interface RoundPorts {
  readonly store: JobStore;
  readonly registry: RunnerRegistry;
  readonly deliveries: HookDeliveries;
  readonly memory: RoundMemoryStore;
}

export interface RoundWitnessOptions extends RoundPorts {
  readonly sightings: RoundSightingsStore;
  readonly hook: AppHook;
  readonly runnerNamePrefix: string;
  readonly clock: Clock;
  readonly log: Log;
}

export interface RoundWitness {
  /** The same ports, for the reconciler: what goes through them is noted. */
  readonly ports: RoundPorts;
  /** Runs a round, and keeps what it saw for people. Fails as the round does, never for what is kept. */
  watch<T>(round: () => Promise<T>): Promise<T>;
}

/** The hook changes when a person changes it. */
const HOOK_EVERY_MS = 10 * 60_000;

interface Notes {
  at: number;
  records: readonly JobRecord[] | null;
  readonly lists: RunnerList[];
  readonly deliveries: HookDelivery[];
  told: Promise<void> | null;
}

/**
 * Looks over the reconciler's shoulder, so that what people are shown costs no call to GitHub but one for the hook every ten minutes. A round writes its
 * memory once it has seen everything and before it repairs anything: that is when its sightings are written.
 */
export function createRoundWitness(options: RoundWitnessOptions): RoundWitness {
  const { sightings, hook, runnerNamePrefix, clock, log } = options;
  let notes = blank();

  function blank(): Notes {
    return { at: clock(), records: null, lists: [], deliveries: [], told: null };
  }

  async function tell(places: readonly SeenPlace[], { at, records, lists, deliveries }: Notes): Promise<void> {
    if (records === null) return;
    try {
      const before = await sightings.read();
      const look: RoundLook = { at, records, places, lists, deliveries, hook: await hookAt(before) };
      await sightings.write(sightingsOf(look, before, runnerNamePrefix));
    } catch (error) {
      log.warn({ err: messageOf(error) }, "what this round saw was not kept for people");
    }
  }

  async function hookAt(before: RoundSightings | null): Promise<RoundSightings["hook"]> {
    if (before?.hook && turnOf(before.at) === turnOf(clock())) return before.hook;
    try {
      return await hook.read();
    } catch (error) {
      log.warn({ err: messageOf(error) }, "could not look at the App's hook");
      return null;
    }
  }

  return {
    ports: {
      store: {
        ...options.store,
        async listOpen() {
          notes.at = clock();
          return (notes.records = await options.store.listOpen());
        },
      },
      registry: {
        ...options.registry,
        async list(installationId, scope) {
          const place = { installationId, scope };
          try {
            const runners = await options.registry.list(installationId, scope);
            notes.lists.push({ place, runners, trouble: "" });
            return runners;
          } catch (error) {
            notes.lists.push({ place, runners: null, trouble: error instanceof GithubError ? error.reason : "github-failed" });
            throw error;
          }
        },
      },
      deliveries: {
        ...options.deliveries,
        async page(cursor) {
          const page = await options.deliveries.page(cursor);
          notes.deliveries.push(...page.deliveries);
          return page;
        },
      },
      memory: {
        ...options.memory,
        write(memory) {
          notes.told ??= tell(memory.places, notes);
          return options.memory.write(memory);
        },
      },
    },

    async watch(round) {
      notes = blank();
      try {
        return await round();
      } finally {
        await notes.told;
      }
    },
  };
}

function turnOf(time: number): number {
  return Math.floor(time / HOOK_EVERY_MS);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
