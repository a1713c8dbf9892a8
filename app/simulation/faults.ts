import type { SeededRandom } from "./seeded-random.ts";

/** What can go wrong, each by chance at every occasion; the most that chance can be in one history. */
const WORST = {
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
} as const;

export type FaultKind = keyof typeof WORST;
export type Service = "github" | "store" | "bus" | "ecs";

interface Outage {
  readonly service: Service;
  readonly from: number;
  readonly until: number;
}

/** The faults of one history: some kinds, each with a rate, and now and then an outage. After `until` there are none. */
export class Faults {
  readonly until: number;
  readonly #now: () => number;
  readonly #random: SeededRandom;
  readonly #rates = new Map<FaultKind, number>();
  readonly #outages: Outage[] = [];

  constructor(random: SeededRandom, now: () => number, until: number) {
    this.until = until;
    this.#now = now;
    this.#random = random;
    const share = random.pick([0, 0.1, 0.3, 0.6]);
    const severity = random.pick([0.2, 0.5, 1]);
    for (const [kind, worst] of Object.entries(WORST)) {
      const rate = random.fraction() * worst * severity;
      if (random.chance(share)) this.#rates.set(kind as FaultKind, rate);
    }
    if (share > 0 && random.chance(0.2)) {
      const from = random.between(now(), until);
      const service = random.pick<Service>(["github", "store", "bus", "ecs"]);
      this.#outages.push({ service, from, until: Math.min(until, from + random.between(60_000, 600_000)) });
    }
  }

  strikes(kind: FaultKind): boolean {
    const rate = this.#rates.get(kind);
    return rate !== undefined && this.#now() < this.until && this.#random.chance(rate);
  }

  isDown(service: Service): boolean {
    const now = this.#now();
    return this.#outages.some((outage) => outage.service === service && outage.from <= now && now < outage.until);
  }

  /** For the head of a history. */
  describe(): string {
    const rates = [...this.#rates].map(([kind, rate]) => `${kind} ${Math.round(rate * 100)} %`);
    const outages = this.#outages.map(({ service, from, until }) => `${service} down for ${Math.round((until - from) / 1000)} s`);
    return [...rates, ...outages].join(", ") || "none";
  }
}
