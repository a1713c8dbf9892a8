import type { InstallationFacts } from "../../core/github-facts.ts";
import type { HealthCheck } from "../../core/health.ts";
import type { Look } from "../../core/look.ts";
import type { AdminWorld } from "../admin-world.ts";
import type { Session } from "../session.ts";

/** The checks of one installation, as the person who looks can make them. */
export async function installationHealth(_world: AdminWorld, _session: Session, _installation: InstallationFacts): Promise<Look<readonly HealthCheck[]>> {
  return { kind: "failed", message: "Health is not checked yet." };
}
