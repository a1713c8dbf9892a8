import { checkInstallation } from "../../check-installation.ts";
import type { InstallationFacts } from "../../core/facts-at-github.ts";
import type { HealthCheck } from "../../core/health.ts";
import type { Look } from "../../core/look.ts";
import { usableProfiles } from "../../core/usable-profiles.ts";
import type { AdminWorld } from "../admin-world.ts";
import type { Session } from "../session.ts";
import { lookWithin, PART_LIMIT_MS } from "../../looks.ts";

/** Its looks come in two waves. */
const LIMIT_MS = 2 * PART_LIMIT_MS + 500;

/** The checks of one installation, as the person who looks can make them. */
export function installationHealth(world: AdminWorld, session: Session, installation: InstallationFacts): Promise<Look<readonly HealthCheck[]>> {
  // Profiles that only others may use are nobody's business here, not even their names.
  const profiles = { ...world.profiles, profiles: usableProfiles(world.profiles.profiles, installation) };
  return lookWithin("GitHub", () => checkInstallation({ ...world, profiles, reader: world.readerFor(session), lookLimitMs: PART_LIMIT_MS }, installation.id), LIMIT_MS);
}
