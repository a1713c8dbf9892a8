import { finishJob, startJob } from "../local/github-simulator/state/jobs.ts";
import { closeSession, openPoll, openSession, pickUpJob } from "../local/github-simulator/state/runner-sessions.ts";
import { forgetRunner, registerRunner } from "../local/github-simulator/state/runners.ts";
import type { Assignment, Job, Runner } from "../local/github-simulator/state/simulator-state.ts";
import { findOrganization } from "../local/github-simulator/state/accounts.ts";
import type { JobPlan } from "./run-runner.ts";
import { ORGANIZATION, type OtherRunner } from "./scenario.ts";
import type { JobWatcher, SimulatedGithub } from "./simulated-github.ts";
import type { Stage } from "./stage.ts";

const AGENT_VERSION = "2.336.0";
/** How often a running job looks whether it was cancelled. */
const LOOK_MS = 5_000;

/** Runners of the same organization that are not Baton's: they take its jobs where their labels fit, and are nobody's to remove but their owners'. */
export class OtherFleets implements JobWatcher {
  readonly #stage: Stage;
  readonly #github: SimulatedGithub;
  readonly #planOf: (job: Job) => JobPlan;
  readonly #runners = new Map<Runner, OtherRunner>();

  constructor(stage: Stage, github: SimulatedGithub, wanted: readonly OtherRunner[], planOf: (job: Job) => JobPlan) {
    this.#stage = stage;
    this.#github = github;
    this.#planOf = planOf;
    for (const runner of wanted) stage.time.after(runner.from, () => this.#register(runner));
  }

  has(runner: Pick<Runner, "name">): boolean {
    return [...this.#runners.keys()].some(({ name }) => name === runner.name);
  }

  runnerChanged(runner: Runner): void {
    if (!this.#runners.has(runner)) return;
    if (!this.#github.state.runners.has(runner.id)) {
      this.#stage.watch.violate("another's runner was removed", runner.name);
      return;
    }
    if (runner.assignment?.pickedUpAt === null) void this.#run(runner);
  }

  cancelRequested(): void {
    // Its runner looks by itself.
  }

  #register({ name, labels, isOnline, until, ...facts }: OtherRunner): void {
    const { time } = this.#stage;
    this.#github.keeper.change((state, now) => {
      const scope = { account: findOrganization(state, ORGANIZATION), repository: null };
      const runner = registerRunner(state, scope, { name, labels, group: "Default", ephemeral: false, version: AGENT_VERSION, replace: false }, now);
      this.#runners.set(runner, { name, labels, isOnline, until, ...facts });
      if (!isOnline) return;
      openPoll(openSession(state, runner, now));
      time.after(until - facts.from, () => this.#leave(runner));
    });
  }

  async #run(runner: Runner): Promise<void> {
    const { time, random } = this.#stage;
    const { keeper } = this.#github;
    const assignment: Assignment | null = keeper.change((_, now) => pickUpJob(runner, now));
    if (!assignment) return;
    const { job } = assignment;
    await time.sleep(random.between(500, 3_000));
    keeper.change((state, now) => startJob(state, job, now));
    const { seconds, fails } = this.#planOf(job);
    const until = time.now() + seconds * 1_000;
    while (time.now() < until && job.cancelRequestedAt === null && job.status !== "completed") await time.sleep(Math.min(LOOK_MS, until - time.now()));
    keeper.change((state, now) => {
      if (runner.assignment?.job === job) finishJob(state, job, job.cancelRequestedAt !== null ? "cancelled" : fails ? "failure" : "success", now);
    });
  }

  /** Its owners switch it off as soon as it has no job, and some forget its registration. */
  #leave(runner: Runner): void {
    const wish = this.#runners.get(runner);
    if (runner.assignment) {
      this.#stage.time.after(LOOK_MS, () => this.#leave(runner));
      return;
    }
    this.#github.keeper.change((state) => {
      closeSession(state, runner);
      if (!wish?.isForgotten) {
        this.#runners.delete(runner);
        forgetRunner(state, runner);
      }
    });
  }
}
