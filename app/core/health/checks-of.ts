import type { HealthCheck } from "../health.ts";
import { deploymentChecks } from "./deployment-checks.ts";
import { installationChecks } from "./installation-checks.ts";
import type { InstallationEvidence } from "./installation-evidence.ts";
import { mapLook } from "../look.ts";

/** One installation from end to end, what concerns all of them included. Pure: `now` is epoch milliseconds. */
export function checksOf(evidence: InstallationEvidence, installationId: string, now: number): readonly HealthCheck[] {
  // Of other installations nothing is told, not even that they had an event.
  const own = mapLook(evidence.deliveries, (all) => all.filter((delivery) => delivery.installationId === installationId || delivery.installationId === null));
  return [...installationChecks(evidence, now), ...deploymentChecks({ ...evidence, deliveries: own }, now)];
}
