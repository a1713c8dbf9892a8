import type { InstallationFacts } from "../../core/github-facts.ts";
import type { AdminWorld } from "../admin-world.ts";
import type { Session } from "../session.ts";

export interface InstalledView {
  readonly installation: InstallationFacts;
}

export async function installedView(_world: AdminWorld, _session: Session, installation: InstallationFacts): Promise<InstalledView> {
  return { installation };
}
