import type { InstallationFacts } from "../../core/facts-at-github.ts";
import { seenOrNull, type Look } from "../../core/look.ts";
import type { InstallationSighting, RoundSightings } from "../../core/round-sightings.ts";
import { usableProfiles } from "../../core/usable-profiles.ts";
import type { AdminWorld } from "../admin-world.ts";
import { glancesAt, type Glance } from "./glance.ts";
import { lookWithin, PART_LIMIT_MS } from "../../looks.ts";
import type { Session } from "../session.ts";

export interface InstallationsView {
  readonly now: number;
  /** When the reconciler last looked; `null` before the first time. */
  readonly lookedAt: Look<number | null>;
  readonly rows: readonly InstallationRow[];
}

export interface InstallationRow {
  readonly installation: InstallationFacts;
  /** Names. */
  readonly profiles: readonly string[];
  /** `null` where the last round had nothing to see there, or could not be read. */
  readonly sighting: InstallationSighting | null;
  /** Jobs that failed for want of a runner today (UTC). `null` when that could not be read. */
  readonly failedToday: number | null;
  readonly glance: Glance;
}

export async function installationsView(world: Omit<AdminWorld, "readerFor" | "tasks">, _session: Session, installations: readonly InstallationFacts[]): Promise<InstallationsView> {
  const round = world.sightings.read();
  const sightingsLook = lookWithin("What the last round saw", () => round);
  const [sightings, glances, failures] = await Promise.all([
    sightingsLook,
    sightingsLook.then((look) => glancesAt({ ...world, sightings: { read: () => round }, lookLimitMs: PART_LIMIT_MS }, installations, look)),
    Promise.all(installations.map(({ id }) => lookWithin("The days' figures", () => world.usage.read(id)))),
  ]);
  const now = world.clock();
  const today = new Date(now).toISOString().slice(0, 10);
  return {
    now,
    lookedAt: sightings.kind === "seen" ? { kind: "seen", value: sightings.value?.at ?? null } : sightings,
    rows: installations.map((installation, index) => {
      const usage = failures[index];
      return {
        installation,
        profiles: usableProfiles(world.profiles.profiles, installation).map(({ name }) => name),
        sighting: sightingOf(seenOrNull(sightings), installation.id),
        failedToday: usage?.kind === "seen" ? (usage.value?.days.find(({ day }) => day === today)?.failed ?? 0) : null,
        glance: glances[index] ?? { standing: "unknown", wrong: [] },
      };
    }),
  };
}

export function sightingOf(sightings: RoundSightings | null, installationId: string): InstallationSighting | null {
  return sightings?.installations.find((sighting) => sighting.installationId === installationId) ?? null;
}
