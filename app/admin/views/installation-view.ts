import type { AdminRequest } from "../../core/admin-request.ts";
import type { InstallationFacts } from "../../core/facts-at-github.ts";
import type { HealthCheck } from "../../core/health.ts";
import type { JobPage } from "../../core/job-summary.ts";
import { seenOrNull, type Look } from "../../core/look.ts";
import type { RunnerTask } from "../../core/observation.ts";
import type { DeliverySighting, InstallationSighting, RoundSightings } from "../../core/round-sightings.ts";
import type { RunnerProfile } from "../../core/runner-profiles.ts";
import { usableProfiles } from "../../core/usable-profiles.ts";
import type { Usage } from "../../core/usage.ts";
import type { AdminLinks, AdminWorld } from "../admin-world.ts";
import type { Session } from "../session.ts";
import { installationHealth } from "./installation-health.ts";
import { sightingOf } from "./installations-view.ts";
import { lookWithin } from "../../looks.ts";
import { runnerRows, type RunnerRow } from "./runner-rows.ts";

/** What changes while one looks on. */
export interface InstallationLiveView {
  readonly now: number;
  readonly installation: InstallationFacts;
  /** What the person asked for a moment ago on this page. */
  readonly asked: AdminRequest | null;
  /** `value` is `null` before the first round. */
  readonly round: Look<Pick<RoundSightings, "at"> | null>;
  /** `null` where the last round had nothing to see there. */
  readonly sighting: InstallationSighting | null;
  readonly open: Look<JobPage>;
  readonly ended: Look<JobPage>;
  readonly tasks: Look<readonly RunnerTask[]>;
  readonly runners: readonly RunnerRow[];
  /** Of this installation, newest first. */
  readonly deliveries: readonly DeliverySighting[];
  readonly links: AdminLinks;
  /** Those that some repository of the account can use. */
  readonly profiles: readonly RunnerProfile[];
}

export interface InstallationView extends InstallationLiveView {
  readonly health: Look<readonly HealthCheck[]>;
  readonly usage: Look<Usage | null>;
}

/** The page shows fewer; the others are there to tell whose task is whose. */
const OPEN_JOBS = 100;
const ENDED_JOBS = 50;

export async function installationLiveView(world: AdminWorld, installation: InstallationFacts, asked: AdminRequest | null): Promise<InstallationLiveView> {
  const jobs = (which: "open" | "ended", limit: number) =>
    lookWithin("The jobs table", () => world.directory.list({ installationId: installation.id, which, limit, from: null }));
  const [round, open, ended, allTasks] = await Promise.all([
    lookWithin("What the last round saw", () => world.sightings.read()),
    jobs("open", OPEN_JOBS),
    jobs("ended", ENDED_JOBS),
    lookWithin("ECS", () => world.tasks.list()),
  ]);
  const sighting = sightingOf(seenOrNull(round), installation.id);
  const known = [...(seenOrNull(open)?.jobs ?? []), ...(seenOrNull(ended)?.jobs ?? [])];
  const rows = runnerRows({ jobs: known, runners: sighting?.runners ?? [], tasks: seenOrNull(allTasks) ?? [], prefix: world.runnerNamePrefix });
  return {
    now: world.clock(),
    installation,
    asked,
    round: round.kind === "seen" ? { kind: "seen", value: round.value && { at: round.value.at } } : round,
    sighting,
    open,
    ended,
    // Other installations' tasks are nobody's business here.
    tasks: allTasks.kind === "seen" ? { kind: "seen", value: rows.flatMap(({ task }) => task ?? []) } : allTasks,
    runners: rows,
    deliveries: seenOrNull(round)?.deliveries.filter(({ installationId }) => installationId === installation.id) ?? [],
    links: world.links,
    profiles: usableProfiles(world.profiles.profiles, installation),
  };
}

export async function installationView(world: AdminWorld, session: Session, installation: InstallationFacts, asked: AdminRequest | null): Promise<InstallationView> {
  const [live, health, usage] = await Promise.all([
    installationLiveView(world, installation, asked),
    installationHealth(world, session, installation),
    lookWithin("The days' figures", () => world.usage.read(installation.id)),
  ]);
  return {
    ...live,
    health,
    usage,
  };
}
