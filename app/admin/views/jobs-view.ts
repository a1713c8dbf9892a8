import type { InstallationFacts } from "../../core/github-facts.ts";
import type { JobPage } from "../../core/job-summary.ts";
import type { AdminWorld } from "../admin-world.ts";
import type { Session } from "../session.ts";

export interface JobsView {
  readonly installation: InstallationFacts;
  readonly which: "open" | "ended";
  readonly page: JobPage;
}

const JOBS_A_PAGE = 50;

export async function jobsView(world: AdminWorld, _session: Session, installation: InstallationFacts, which: "open" | "ended", from: string | null): Promise<JobsView> {
  return { installation, which, page: await world.directory.list({ installationId: installation.id, which, limit: JOBS_A_PAGE, from }) };
}
