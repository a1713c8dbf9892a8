import type { AdminRequest } from "../../core/admin-request.ts";
import type { InstallationFacts } from "../../core/github-facts.ts";
import type { AdminWorld } from "../admin-world.ts";
import type { Session } from "../session.ts";

export interface InstallationView {
  readonly installation: InstallationFacts;
  /** What the person asked for a moment ago on this page. */
  readonly asked: AdminRequest | null;
}

export async function installationView(_world: AdminWorld, _session: Session, installation: InstallationFacts, asked: AdminRequest | null): Promise<InstallationView> {
  return { installation, asked };
}
