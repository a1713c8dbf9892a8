import { findRepository, installationOf } from "../local/github-simulator/state/accounts.ts";
import { changeInstallation, removeInstallation } from "../local/github-simulator/state/installations.ts";
import { approveDeployment, cancelJob, queueWorkflow, rerunWorkflow } from "../local/github-simulator/state/jobs.ts";
import type { Job, SimulatorState } from "../local/github-simulator/state/simulator-state.ts";
import { Refusal } from "../local/github-simulator/state/refusal.ts";
import { REPOSITORIES, type Happening, type PlannedJob, type Scenario } from "./scenario.ts";
import type { SimulatedGithub } from "./simulated-github.ts";
import type { Stage } from "./stage.ts";

/** A run that has not ended when it was to be run again is looked at again after this, and not for longer than that. */
const LOOK_AGAIN_MS = 5 * 60_000;
const LOOKS = 24;
const APPROVED_AGAIN_MS = 3 * 60_000;

/** People at GitHub's pages: they push, cancel, approve, run again, and change where the App may go. */
export class People {
  readonly #stage: Stage;
  readonly #github: SimulatedGithub;
  /** When the last thing is planned, milliseconds from the start. */
  readonly lastAt: number;
  readonly #jobs: readonly PlannedJob[];
  #toDo = 0;

  constructor(stage: Stage, github: SimulatedGithub, { jobs, happenings, deploys }: Scenario) {
    this.#stage = stage;
    this.#github = github;
    this.#jobs = jobs;
    for (const run of Map.groupBy(jobs, (job) => job.run ?? job).values()) this.#do(run[0]?.queuedAt ?? 0, () => this.#push(run));
    for (const happening of happenings) this.#do(happening.at, () => this.#change(happening));
    for (const { at } of deploys) this.#do(at, () => {});
    const approvals = jobs.map(({ approvedAt, queuedAt }) => (typeof approvedAt === "number" ? approvedAt : queuedAt));
    this.lastAt = Math.max(0, ...approvals, ...happenings.map(({ at }) => at), ...deploys.map(({ at }) => at));
  }

  /** All that was planned has been done. */
  get isDone(): boolean {
    return this.#toDo === 0;
  }

  #do(after: number, action: () => void): void {
    this.#toDo += 1;
    this.#stage.time.after(after, () => {
      this.#toDo -= 1;
      action();
    });
  }

  #push(planned: readonly PlannedJob[]): void {
    const { keeper } = this.#github;
    const jobs = keeper.change((state, now) => {
      const repository = findRepository(state, planned[0]?.repository ?? "");
      const wanted = planned.map((job) => ({ name: job.name, runsOn: job.labels, steps: [{ run: "make" }], deployment: job.approvedAt !== null }));
      return queueWorkflow(state, repository, { name: "ci", jobs: wanted }, now).jobs;
    });
    for (const [index, job] of jobs.entries()) {
      const { queuedAt = 0, cancelledAt = null, approvedAt = null } = planned[index] ?? {};
      if (cancelledAt !== null) this.#do(cancelledAt - queuedAt, () => keeper.change((state, now) => cancelJob(state, job, now)));
      if (typeof approvedAt === "number") {
        this.#do(approvedAt - queuedAt, () => this.#approve(job));
      }
    }
  }

  #approve(job: Job): void {
    if (job.status === "waiting") this.#github.keeper.change((state, now) => approveDeployment(state, job, now));
  }

  /** Who approved a job's deployment does so again. */
  #approves(job: Job): boolean {
    return job.status === "waiting" && this.#jobs.some(({ name, approvedAt }) => name === job.name && typeof approvedAt === "number");
  }

  #change(happening: Happening): void {
    const { keeper, state } = this.#github;
    if (happening.what === "rerun") {
      this.#runAgain(happening, LOOKS);
      return;
    }
    const where = happening.what === "lose-repository" ? happening.repository : happening.account;
    this.#stage.chronicle.add("people", `${happening.what}: ${where}`);
    const installation = installationFor(state, where.split("/")[0] ?? "");
    if (!installation) return;
    keeper.change((current, now) => {
      switch (happening.what) {
        case "suspend":
          return changeInstallation(current, installation.id, { suspended: true }, now);
        case "unsuspend":
          return changeInstallation(current, installation.id, { suspended: false }, now);
        case "remove":
          return removeInstallation(current, installation.id);
        case "lose-repository":
          return changeInstallation(current, installation.id, { repositories: REPOSITORIES.flatMap(([name]) => (where.endsWith(`/${name}`) ? [] : [name])) }, now);
        case "regain-repositories":
          return changeInstallation(current, installation.id, { repositories: null }, now);
      }
    });
  }

  #runAgain(happening: Happening & { readonly what: "rerun" }, looks: number): void {
    const { keeper, state } = this.#github;
    const job: Job | undefined = [...state.jobs.values()].find(({ name }) => name === happening.job);
    if (!job) return;
    try {
      const again = keeper.change((current, now) => rerunWorkflow(current, job.run, happening, now));
      this.#stage.chronicle.add("people", () => `run ${again.map(({ name }) => name).join(", ")} again`);
      for (const another of again) if (this.#approves(another)) this.#do(APPROVED_AGAIN_MS, () => this.#approve(another));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const isUnderWay = job.run.jobs.some(({ status }) => status !== "completed");
      if (isUnderWay && looks > 0) this.#do(LOOK_AGAIN_MS, () => this.#runAgain(happening, looks - 1));
    }
  }
}

function installationFor(state: SimulatorState, login: string) {
  const account = state.accounts.get(login);
  try {
    return account ? installationOf(state, account) : null;
  } catch {
    return null;
  }
}
