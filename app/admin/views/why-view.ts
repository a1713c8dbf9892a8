import type { Diagnosis } from "../../core/diagnosis.ts";
import type { InstallationFacts } from "../../core/github-facts.ts";
import type { AdminWorld } from "../admin-world.ts";
import type { Session } from "../session.ts";

export interface WhyView {
  /** What was pasted; empty before. */
  readonly url: string;
  /** One a job; of a run's several those that are not well come first. */
  readonly answers: readonly Diagnosis[];
  /** Why there is no answer; empty where there is one, or nothing was asked. */
  readonly trouble: string;
}

export async function whyView(_world: AdminWorld, _session: Session, _installations: readonly InstallationFacts[], url: string): Promise<WhyView> {
  return { url, answers: [], trouble: url === "" ? "" : "This cannot be answered yet." };
}
