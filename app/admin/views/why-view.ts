import type { InstallationFacts } from "../../core/github-facts.ts";
import type { AdminWorld } from "../admin-world.ts";
import type { Session } from "../session.ts";

export interface WhyView {
  /** What was pasted; empty before. */
  readonly url: string;
}

export async function whyView(_world: AdminWorld, _session: Session, _installations: readonly InstallationFacts[], url: string): Promise<WhyView> {
  return { url };
}
