import type { AdminRequest } from "../../core/admin-request.ts";
import type { InstallationFacts } from "../../core/github-facts.ts";
import type { JobRecord } from "../../core/job-record.ts";
import type { AdminWorld } from "../admin-world.ts";
import type { Session } from "../session.ts";

export interface JobView {
  readonly installation: InstallationFacts;
  readonly job: JobRecord;
  readonly asked: AdminRequest | null;
}

export async function jobView(_world: AdminWorld, _session: Session, installation: InstallationFacts, job: JobRecord, asked: AdminRequest | null): Promise<JobView> {
  return { installation, job, asked };
}
