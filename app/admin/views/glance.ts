import type { InstallationFacts } from "../../core/facts-at-github.ts";
import type { HealthCheck } from "../../core/health.ts";
import type { Look } from "../../core/look.ts";
import type { RoundSightings } from "../../core/round-sightings.ts";

/** An installation's health as far as it shows without asking GitHub more than who it is. Its own page checks the rest. */
export interface Glance {
  readonly standing: HealthCheck["standing"];
  readonly text: string;
}

/** A round is due every minute. */
const LATE_MS = 5 * 60_000;
const MINUTE_MS = 60_000;
/** A runner is there in less, unless something is wrong or full. */
const LONG_WAIT_MS = 15 * MINUTE_MS;

export function glanceAt(installation: InstallationFacts, look: Look<RoundSightings | null>, now: number): Glance {
  if (installation.suspendedAt !== null) return { standing: "wrong", text: "suspended at GitHub" };
  if (look.kind !== "seen") return { standing: "unknown", text: "the last round could not be read" };
  const sightings = look.value;
  if (sightings === null) return { standing: "unknown", text: "the reconciler has not run yet" };
  if (now - sightings.at > LATE_MS) return { standing: "wrong", text: `the reconciler has not run for ${Math.floor((now - sightings.at) / MINUTE_MS)} min` };
  if (sightings.hook?.active === false) return { standing: "wrong", text: "the webhook is switched off" };
  const newest = sightings.deliveries.find(({ installationId }) => installationId === installation.id);
  if (newest && isFailed(newest)) return { standing: "wrong", text: "the last delivery failed" };
  const sighting = sightings.installations.find(({ installationId }) => installationId === installation.id);
  if (!sighting) return { standing: "well", text: "nothing wrong; no job yet" };
  if (sighting.trouble !== "") return { standing: "wrong", text: sighting.trouble };
  if (sighting.oldestWaitingAt !== null && now - sighting.oldestWaitingAt > LONG_WAIT_MS) return { standing: "wrong", text: "a job waits for long" };
  return { standing: "well", text: "nothing wrong" };
}

export function isFailed({ statusCode }: { readonly statusCode: number }): boolean {
  return statusCode < 200 || statusCode > 299;
}
