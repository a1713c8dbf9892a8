import type { AdminRequest } from "../../core/admin-request.ts";
import type { InstallationFacts } from "../../core/facts-at-github.ts";
import type { JobRecord } from "../../core/job-record.ts";
import { parseRunnerName } from "../../core/launches.ts";
import type { Look } from "../../core/look.ts";
import type { RunnerTask } from "../../core/observation.ts";
import type { AdminLinks, AdminWorld } from "../admin-world.ts";
import type { Session } from "../session.ts";
import { matchProfile } from "../../core/runner-profiles.ts";
import { lookWithin } from "../../looks.ts";

export interface JobView {
  readonly now: number;
  readonly installation: InstallationFacts;
  readonly job: JobRecord;
  /** What the person asked for a moment ago on this page. */
  readonly asked: AdminRequest | null;
  /** Those launched for this job, and the one that ran it; stopped ones for about an hour. Oldest first. */
  readonly tasks: Look<readonly RunnerTask[]>;
  /** The job its runner was launched for, where that is another one. */
  readonly runnerOf: string | null;
  /** Some profile of today has its labels. */
  readonly isOurs: boolean;
  readonly links: AdminLinks;
}

export async function jobView(world: AdminWorld, _session: Session, installation: InstallationFacts, job: JobRecord, asked: AdminRequest | null): Promise<JobView> {
  const tasks = await lookWithin("ECS", () => world.tasks.list());
  const launchedFor = (name: string) => parseRunnerName(world.runnerNamePrefix, name)?.jobId;
  const isOfJob = ({ runnerName }: RunnerTask) => runnerName !== null && (runnerName === job.runnerName || launchedFor(runnerName) === job.jobId);
  const other = job.runnerName === null ? undefined : launchedFor(job.runnerName);
  return {
    now: world.clock(),
    installation,
    job,
    asked,
    tasks: tasks.kind === "seen" ? { kind: "seen", value: tasks.value.filter(isOfJob).toSorted((a, b) => a.createdAt - b.createdAt) } : tasks,
    runnerOf: other === undefined || other === job.jobId ? null : other,
    isOurs: matchProfile(world.profiles.profiles, job.labels).matched,
    links: world.links,
  };
}
