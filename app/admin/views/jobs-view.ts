import type { InstallationFacts } from "../../core/facts-at-github.ts";
import type { JobPage } from "../../core/job-summary.ts";
import type { Look } from "../../core/look.ts";
import type { AdminWorld } from "../admin-world.ts";
import type { Session } from "../session.ts";
import { lookWithin } from "../../looks.ts";

export interface JobsView {
  readonly now: number;
  readonly installation: InstallationFacts;
  readonly which: "open" | "ended";
  readonly page: Look<JobPage>;
  readonly isFirst: boolean;
}

const JOBS_A_PAGE = 50;

export async function jobsView(world: AdminWorld, _session: Session, installation: InstallationFacts, which: "open" | "ended", from: string | null): Promise<JobsView> {
  const page = await lookWithin("The jobs table", () => world.directory.list({ installationId: installation.id, which, limit: JOBS_A_PAGE, from }));
  return { now: world.clock(), installation, which, page, isFirst: from === null };
}
