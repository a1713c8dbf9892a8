import type { Job } from "../local/github-simulator/state/simulator-state.ts";
import { isServed } from "./history-kinds.ts";
import type { EndedWorld } from "./rules.ts";
import type { Happening, PlannedJob } from "./scenario.ts";

const HOUR_MS = 3_600_000;
/** GitHub closes a job that nobody could start for this long. */
const QUEUE_MS = 24 * HOUR_MS;
/** After the App has come back: what was refused is asked for this much later, a boot included. */
const COMEBACK_MS = 60 * 60_000;
/** A launch of before a deploy may have to run out first. */
const DEPLOY_MS = 20 * 60_000;

/** Whether people, or the outage of a day, are the reason why a job of ours never ran. Then that has to be on record. */
export function isExcused(world: EndedWorld, job: Job): boolean {
  const { scenario } = world;
  const planned = plannedOf(world, job);
  if (!planned) return true;
  const wasOpenAt = (at: number) => job.completedAt === null || job.completedAt > world.startedAt + at;
  const isLost = scenario.happenings.some((happening) => takesAway(happening, planned) && !isGivenBack(scenario.happenings, happening) && wasOpenAt(happening.at));
  const isUnwanted = scenario.deploys.some(({ at, profiles }) => !isServed(profiles, planned) && wasOpenAt(at));
  return isLost || isUnwanted || isExpired(world, job) || isGivenUpRightly(world, job);
}

/** So many launches of a job come to nothing before the matter ends; one whose environment is wrong would find it so again. */
export const FRUITLESS_LAUNCHES = { image: 12, environment: 3 } as const;

/** Tasks could not run it, whatever was tried, and enough was. */
function isGivenUpRightly({ scenario, store }: EndedWorld, job: Job): boolean {
  const record = store.records.get(String(job.id));
  // GitHub closes it a day later.
  const isClosed = record?.state === "completed" && record.startedAt === null && record.steps.some(({ kind }) => kind === "given-up");
  if (!record || (record.state !== "given-up" && !isClosed)) return false;
  return scenario.outages.some(({ service }) => (service === "image" || service === "environment") && record.launch >= FRUITLESS_LAUNCHES[service]);
}

/** GitHub tells Baton nothing of the job when it starts, since its repository was taken from the App. */
export function isHidden(world: EndedWorld, job: Job): boolean {
  const planned = plannedOf(world, job);
  if (!planned) return false;
  const at = (job.startedAt ?? world.stage.time.now()) - world.startedAt;
  return world.scenario.happenings.some((happening) => happening.at <= at && takesAway(happening, planned) && !isGivenBack(world.scenario.happenings.filter((other) => other.at <= at), happening));
}

/** Of a job that no profile matches only a `queued` delivery leaves a record. */
export function isIgnoredBySome(world: EndedWorld, job: Job): boolean {
  const planned = plannedOf(world, job);
  return !planned?.isOurs || world.scenario.deploys.some(({ profiles }) => !isServed(profiles, planned));
}

/** GitHub closed it, and tasks could not start for about as long. */
export function isExpired({ scenario }: EndedWorld, job: Job): boolean {
  const hasExpired = job.completedAt !== null && job.runner === null && job.completedAt - job.queuedAt >= QUEUE_MS;
  return hasExpired && scenario.outages.some(({ from, until }) => until - from > QUEUE_MS - 2 * HOUR_MS);
}

/** Until when a job's wait is nobody's fault, epoch milliseconds. */
export function disturbedUntil(world: EndedWorld, job: Job): number {
  const { scenario, startedAt } = world;
  const planned = plannedOf(world, job);
  if (!planned) return 0;
  const comebacks = scenario.happenings.flatMap((happening) => {
    if (!takesAway(happening, planned)) return [];
    const back = scenario.happenings.find((other) => other.at > happening.at && isGivenBack([other], happening));
    return back ? [startedAt + back.at + COMEBACK_MS] : [Infinity];
  });
  return Math.max(0, ...comebacks, ...scenario.deploys.map(({ at }) => startedAt + at + DEPLOY_MS));
}

/** GitHub does not let Baton clean up there any more, or did not for a while. */
export function isOutOfReach({ scenario }: Pick<EndedWorld, "scenario">, login: string): boolean {
  return scenario.happenings.some((happening) => "account" in happening && happening.account === login) || scenario.happenings.some((happening) => happening.what === "lose-repository" && happening.repository.startsWith(`${login}/`));
}

function takesAway(happening: Happening, { repository }: PlannedJob): boolean {
  if (happening.what === "lose-repository") return happening.repository === repository;
  return (happening.what === "suspend" || happening.what === "remove") && repository.startsWith(`${happening.account}/`);
}

function isGivenBack(happenings: readonly Happening[], taken: Happening): boolean {
  return happenings.some(({ what, at }) => at > taken.at && ((taken.what === "suspend" && what === "unsuspend") || (taken.what === "lose-repository" && what === "regain-repositories")));
}

function plannedOf({ scenario }: EndedWorld, job: Job): PlannedJob | undefined {
  return scenario.jobs.find(({ name }) => name === job.name);
}
