import { checkAtAGlance, type CheckWorld } from "../../check-installation.ts";
import type { InstallationFacts } from "../../core/facts-at-github.ts";
import type { HealthCheck } from "../../core/health.ts";
import type { RoundSightings } from "../../core/round-sightings.ts";
import { seenOrNull, type Look } from "../../core/look.ts";

/** An installation's health as far as it shows without asking GitHub more than who it is. Its own page makes the same checks, and the others. */
export interface Glance {
  readonly standing: HealthCheck["standing"];
  /** Titles of the checks that are not well. */
  readonly wrong: readonly string[];
}

/** In the order of the installations. Never rejects. */
export async function glancesAt(world: Omit<CheckWorld, "reader" | "tasks">, installations: readonly InstallationFacts[], round: Look<RoundSightings | null>): Promise<readonly Glance[]> {
  const checks = await checkAtAGlance(world, installations);
  return checks.map((of) => {
    const wrong = of.filter(({ standing }) => standing === "wrong").map(({ title }) => title);
    return { standing: wrong.length > 0 ? "wrong" : seenOrNull(round) === null ? "unknown" : "well", wrong };
  });
}
