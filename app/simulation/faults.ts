import type { SeededRandom } from "./seeded-random.ts";

/** What can go wrong, each by chance at every occasion; the most that chance can be in one history. */
export const WORST = {
  // GitHub's deliveries
  "delivery lost": 0.3,
  "delivery swallowed": 0.3,
  "delivery duplicated": 0.4,
  "delivery delayed": 0.4,
  // calls of our functions; an answer can be lost after the work was done
  "github 5xx": 0.3,
  "github throttles": 0.3,
  "github hangs": 0.2,
  "github answer lost": 0.2,
  "call is slow": 0.3,
  "store fails": 0.2,
  "store answer lost": 0.15,
  "store lists late": 0.5,
  "seal fails": 0.2,
  "publish fails": 0.3,
  "publish answer lost": 0.3,
  "tasks cannot be listed": 0.3,
  "stop fails": 0.3,
  // our functions
  "function crashes": 0.3,
  "round not started": 0.3,
  // EventBridge and ECS
  "event duplicated": 0.2,
  "RunTask throttled": 0.5,
  "RunTask refused": 0.2,
  "RunTask fails silently": 0.3,
  "task event lost": 0.5,
  "task fails to start": 0.3,
  "task boots slowly": 0.1,
  "task cannot register": 0.2,
  "task dies": 0.3,
  "spot interruption": 0.2,
  "agent does not pick up": 0.1,
  "runner taken at the last moment": 0.5,
  "job not found at first": 0.3,
} as const;

export type FaultKind = keyof typeof WORST;
export const FAULT_KINDS = Object.keys(WORST) as readonly FaultKind[];
/** They draw from a stream of their own, so that the seeds of before them go on telling what they told. */
const LATER_KINDS: ReadonlySet<FaultKind> = new Set(["runner taken at the last moment", "job not found at first"]);
export type Service = "github" | "store" | "bus" | "kms" | "ecs";

export interface Outage {
  /**
   * `runner-list`: GitHub lists no runners, though there are some. `capacity`: ECS starts tasks in vain. `image`, `environment`: the container comes to nothing,
   * by exit code 17 or 15.
   */
  readonly service: Service | "runner-list" | "capacity" | "image" | "environment";
  /** Epoch milliseconds. */
  readonly from: number;
  readonly until: number;
}

/** These last for hours, and other faults do not last with them. */
const LASTING: ReadonlySet<Outage["service"]> = new Set(["capacity", "image", "environment"]);

/** How often a kind strikes. */
export interface Rate {
  /** Of the occasions, 0 to 1. */
  readonly chance: number;
  /** Not more often than this. */
  readonly times?: number;
}

export interface FaultStreams {
  readonly first: SeededRandom;
  readonly later: SeededRandom;
}

export interface FaultChoice {
  /** Only these kinds, all of them in every history; otherwise each history has some of all. */
  readonly only?: readonly FaultKind[];
  /** Of the worst, 0 to 1, in place of what the seed draws. */
  readonly intensity?: number;
}

const SECONDS = 1_000;

/** The faults of one history: some kinds, each with a rate, and outages. After `until` there are none. */
export class Faults {
  readonly until: number;
  /** There is nothing but outages, or nothing at all. */
  readonly isCalm: boolean;
  readonly outages: readonly Outage[];
  readonly #strikesUntil: number;
  readonly #now: () => number;
  readonly #random: FaultStreams;
  readonly #rates: ReadonlyMap<FaultKind, Rate>;
  readonly #struck = new Map<FaultKind, number>();

  constructor(options: { readonly random: FaultStreams; readonly now: () => number; readonly until: number; readonly rates: ReadonlyMap<FaultKind, Rate>; readonly outages: readonly Outage[] }) {
    const { random, now, until, rates, outages } = options;
    this.outages = outages;
    this.until = Math.max(until, ...outages.map((outage) => outage.until));
    this.#strikesUntil = Math.max(until, ...outages.flatMap((outage) => (LASTING.has(outage.service) ? [] : [outage.until])));
    this.isCalm = rates.size === 0;
    this.#now = now;
    this.#random = random;
    this.#rates = rates;
  }

  strikes(kind: FaultKind): boolean {
    const rate = this.#rates.get(kind);
    if (rate === undefined || this.#now() >= this.#strikesUntil || !streamFor(kind, this.#random).chance(rate.chance)) return false;
    const struck = this.#struck.get(kind) ?? 0;
    if (struck >= (rate.times ?? Infinity)) return false;
    this.#struck.set(kind, struck + 1);
    return true;
  }

  isDown(service: Outage["service"]): boolean {
    const now = this.#now();
    return this.outages.some((outage) => outage.service === service && outage.from <= now && now < outage.until);
  }

  /** For the head of a history. */
  describe(): string {
    const rates = [...this.#rates].map(([kind, { chance }]) => `${kind} ${Math.round(chance * 100)} %`);
    const outages = this.outages.map(({ service, from, until }) => `${service} down for ${Math.round((until - from) / SECONDS)} s`);
    return [...rates, ...outages].join(", ") || "none";
  }
}

/** What a seed draws, within what was chosen. `planned` are the outages of the history's own kind. */
export function drawFaults(random: FaultStreams, now: () => number, until: number, planned: readonly Outage[] = [], { only, intensity }: FaultChoice = {}): Faults {
  const rates = new Map<FaultKind, Rate>();
  const outages = [...planned];
  const { first } = random;
  const share = first.pick([0, 0.1, 0.3, 0.6]);
  const severity = first.pick([0.2, 0.5, 1]);
  for (const kind of FAULT_KINDS) {
    const drawn = streamFor(kind, random).fraction() * WORST[kind] * severity;
    const isDrawn = streamFor(kind, random).chance(share);
    const chance = intensity === undefined ? drawn : WORST[kind] * intensity;
    if ((only ? only.includes(kind) : isDrawn) && chance > 0) rates.set(kind, { chance });
  }
  if (share > 0 && !only && intensity !== 0 && first.chance(0.2)) {
    const from = first.between(now(), until);
    const service = first.pick<Service>(["github", "store", "bus", "ecs"]);
    outages.push({ service, from, until: Math.min(until, from + first.between(60_000, 600_000)) });
  }
  return new Faults({ random, now, until, rates, outages });
}

function streamFor(kind: FaultKind, { first, later }: FaultStreams): SeededRandom {
  return LATER_KINDS.has(kind) ? later : first;
}
