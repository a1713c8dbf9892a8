import type { AdminRequest } from "../core/admin-request.ts";
import type { JobRecord } from "../core/job-record.ts";
import { cancelJob } from "../local/github-simulator/state/jobs.ts";
import { GithubError, type AccountAdmins, type AdminRequestStore, type HookDeliveries, type RoundSightingsStore } from "../ports.ts";
import type { Sandbox } from "./sandbox.ts";
import type { SeededRandom } from "./seeded-random.ts";
import type { SimulatedGithub } from "./simulated-github.ts";
import { SimulatedRequests } from "./simulated-requests.ts";
import type { SimulatedStore } from "./simulated-store.ts";
import type { Stage } from "./stage.ts";

const CALL_LIMIT_MS = 10_000;
const FAULTS = { service: "github", fails: "github 5xx", throttles: "github throttles", hangs: "github hangs", answerLost: "github answer lost", limitMs: CALL_LIMIT_MS } as const;
const OWNER = "owner-";
/** How often they look in, milliseconds, and how often at most they press in one history. */
const PATIENT = { least: 5_000, most: 60_000, presses: 12 };
const IMPATIENT = { least: 1_000, most: 10_000, presses: 100 };

export interface PeoplesPorts {
  readonly requests: AdminRequestStore;
  readonly admins: AccountAdmins;
  readonly sightings: Pick<RoundSightingsStore, "read">;
  readonly deliveries: Pick<HookDeliveries, "redeliver">;
}

/**
 * Administrators who press the buttons of the admin pages at random, and strangers who press them too. Each press is somebody's of their own, so that the
 * records tell which were carried out. Whoever stops a job cancels its run at GitHub a little later, as the page says.
 */
export class ButtonPressers {
  readonly requests: SimulatedRequests;
  readonly #stage: Stage;
  readonly #random: SeededRandom;
  readonly #github: SimulatedGithub;
  readonly #store: SimulatedStore;
  readonly #stopped = new Set<string>();
  readonly #redelivered = new Map<string, number>();
  #presses = 0;

  constructor(stage: Stage, random: SeededRandom, github: SimulatedGithub, store: SimulatedStore) {
    this.#stage = stage;
    this.#random = random;
    this.#github = github;
    this.#store = store;
    this.requests = new SimulatedRequests(stage);
  }

  get havePressed(): boolean {
    return this.#presses > 0;
  }

  /** Every press had its look. */
  get isAnswered(): boolean {
    return this.requests.all.every(({ state }) => state !== "asked");
  }

  /** In half of the histories nobody does; in the others they look in now and then, some all the time, and press above all where something waits. */
  pressWithin(milliseconds: number, areImpatient: boolean): void {
    const { least, most, presses } = areImpatient ? IMPATIENT : PATIENT;
    const { time } = this.#stage;
    if (this.#random.chance(0.5)) return;
    const until = time.now() + milliseconds;
    const lookIn = () => {
      if (time.now() > until || this.#presses >= presses) return;
      const stuck = this.#records().filter(({ state, reason }) => (state === "waiting" && reason !== "deployment-approval") || state === "given-up");
      if (stuck.length > 0 && this.#random.chance(0.4)) this.#press(stuck);
      else if (this.#random.chance(0.2)) this.#press(this.#records());
      time.after(this.#random.between(least, most), lookIn);
    };
    lookIn();
  }

  portsFor(sandbox: Sandbox): PeoplesPorts {
    const call = <T>(what: string, effect: () => T) => sandbox.call({ ...FAULTS, what, failure: githubFailure, effect });
    return {
      requests: this.requests.portFor(sandbox),
      admins: { standingOf: (_installationId, by) => call(`look whether ${by.login} is an administrator`, () => (by.login.startsWith(OWNER) ? ("admin" as const) : ("not-admin" as const))) },
      sightings: this.#store.sightingsFor(sandbox),
      deliveries: {
        redeliver: (id) =>
          call(`ask for delivery ${id} again, as somebody wishes`, () => {
            const delivery = this.#github.state.deliveries.get(Number(id));
            if (!delivery) return;
            const times = (this.#redelivered.get(id) ?? 0) + 1;
            this.#redelivered.set(id, times);
            const wished = this.requests.all.filter(({ wish }) => wish.kind === "redeliver" && wish.deliveryId === id).length;
            if (times > wished) this.#stage.watch.violate("a request was carried out twice", `delivery ${id} was asked for ${times} times, and wished ${wished} times`);
            this.#github.redeliverFor(delivery.webhook, delivery.guid);
          }),
      },
    };
  }

  #records(): readonly JobRecord[] {
    return [...this.#store.records.values()].filter(({ installationId }) => installationId !== null);
  }

  #press([first, ...others]: readonly JobRecord[]): void {
    const random = this.#random;
    if (!first) return;
    const record = random.pick([first, ...others]);
    const [oldest, ...newer] = [...this.#github.state.deliveries.values()];
    this.#presses += 1;
    const isStranger = random.chance(0.25);
    const login = `${isStranger ? "stranger-" : OWNER}${this.#presses}`;
    const kind = random.pick(["stop", "launch-again", "launch-again", "redeliver"]);
    const isElsewhere = random.chance(0.15);
    const delivery = kind === "redeliver" && oldest ? random.pick([oldest, ...newer]) : null;
    const installationId = delivery ? String(delivery.webhook.installationId) : (record.installationId ?? "");
    const wish: AdminRequest["wish"] = delivery
      ? { kind: "redeliver", deliveryId: String(delivery.id), guid: delivery.guid }
      : { kind: kind === "stop" ? "stop" : "launch-again", jobId: record.jobId };
    // What was stopped stays so: its run is about to be cancelled.
    if (wish.kind === "launch-again" && this.#stopped.has(wish.jobId)) return;
    const request: AdminRequest = {
      id: String(this.#presses),
      wish,
      installationId: isElsewhere ? `${installationId}0` : installationId,
      by: { login, id: String(this.#presses) },
      askedAt: this.#stage.time.now(),
      state: "asked",
      outcome: "",
      settledAt: null,
    };
    this.#stage.watch.wished(request.askedAt);
    this.requests.put(request, !isStranger && !isElsewhere);
    if (wish.kind !== "stop" || isStranger || isElsewhere) return;
    this.#stopped.add(wish.jobId);
    this.#stage.time.after(random.between(60_000, 300_000), () => this.#cancel(wish.jobId));
  }

  #cancel(jobId: string): void {
    const job = this.#github.state.jobs.get(Number(jobId));
    if (job && job.status !== "completed") this.#github.keeper.change((state, now) => cancelJob(state, job, now));
  }

  /** Told once everything is at rest. */
  checkEnd(): void {
    for (const { jobName, steps } of this.#store.records.values()) {
      const askers = steps.flatMap((step) => (step.kind === "asked" ? [step.detail] : []));
      if (new Set(askers).size < askers.length) this.#stage.watch.violate("a request was carried out twice", `${jobName}: ${askers.join(", ")}`);
      const stranger = askers.find((asker) => !asker.startsWith(OWNER));
      if (stranger) this.#stage.watch.violate("a request was carried out without the right", `${jobName}: ${stranger}`);
    }
  }
}

function githubFailure(kind: "failed" | "throttled" | "timeout", retryAfterMs: number): GithubError {
  return new GithubError(`github-${kind}`, `GitHub ${kind}`, { retryable: true, retryAfterMs });
}
