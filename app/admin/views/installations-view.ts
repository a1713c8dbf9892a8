import type { InstallationFacts } from "../../core/github-facts.ts";
import type { AdminWorld } from "../admin-world.ts";
import type { Session } from "../session.ts";

export interface InstallationsView {
  readonly installations: readonly InstallationFacts[];
}

export async function installationsView(_world: AdminWorld, _session: Session, installations: readonly InstallationFacts[]): Promise<InstallationsView> {
  return { installations };
}
