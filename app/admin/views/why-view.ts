import type { Diagnosis } from "../../core/diagnosis.ts";
import type { InstallationFacts } from "../../core/facts-at-github.ts";
import { explainJob } from "../../explain-job.ts";
import type { AdminWorld } from "../admin-world.ts";
import type { Session } from "../session.ts";
import { lookWithin, PART_LIMIT_MS } from "../../looks.ts";

export interface WhyView {
  /** What was pasted; empty before. */
  readonly url: string;
  readonly answer: Diagnosis | null;
  /** Whether there is a page of the job. */
  readonly isOnRecord: boolean;
}

const LONGEST_ADDRESS = 500;

/** Asks as the person does: of installations that GitHub does not let them administer nothing is said. */
export async function whyView(world: AdminWorld, session: Session, installations: readonly InstallationFacts[], url: string): Promise<WhyView> {
  const asked = url.trim().slice(0, LONGEST_ADDRESS);
  if (asked === "") return { url: "", answer: null, isOnRecord: false };
  const reader = { ...world.readerFor(session), installations: async () => ({ kind: "seen" as const, value: installations }) };
  const answer = await explainJob({ ...world, reader, lookLimitMs: PART_LIMIT_MS }, asked);
  const record = await lookWithin("The jobs table", async () => answer.job && world.store.get(answer.job.id));
  return { url: asked, answer, isOnRecord: record.kind === "seen" && installations.some(({ id }) => id === record.value?.installationId) };
}
