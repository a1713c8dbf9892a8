import type { JobRecord } from "../core/job-record.ts";
import type { DemoJob } from "./demo-workflow.ts";
import type { JobSnapshot, RunnerSnapshot } from "./github-simulator/snapshots.ts";
import type { LocalTask } from "./task-launcher/task-launcher.ts";

/** Everything that the demo's end is judged by. */
export interface DemoState {
  readonly jobs: readonly { readonly wanted: DemoJob; readonly atGithub: JobSnapshot; readonly record: JobRecord | null; readonly launchEvents: number }[];
  readonly runners: readonly RunnerSnapshot[];
  readonly tasks: readonly LocalTask[];
  readonly openRecords: readonly JobRecord[];
}

/** What is not as it should be yet; empty when every job ended as it should and nothing is left over. */
export function demoFaults({ jobs, runners, tasks, openRecords }: DemoState): readonly string[] {
  const faults: string[] = [];
  for (const { wanted, atGithub, record, launchEvents } of jobs) {
    const fault = (text: string) => faults.push(`${wanted.name}: ${text}`);
    if (wanted.ends === "left-alone") {
      if (record?.state !== "ignored") fault(`should be ignored, is ${record?.state ?? "not on record"}`);
      if (launchEvents > 0) fault("was launched and is none of ours");
      continue;
    }
    if (atGithub.conclusion !== wanted.ends) fault(`should end in ${wanted.ends}, is ${atGithub.conclusion ?? atGithub.status}`);
    if (record?.state !== "completed") fault(`should be on record as completed, is ${record?.state ?? "not on record"}`);
    if (wanted.ends !== "cancelled" && atGithub.runnerName === null) fault("ran on no runner");
    if (wanted.mishap === "delivered-twice" && launchEvents !== 1) fault(`was launched ${launchEvents} times`);
  }
  const used = jobs.flatMap(({ atGithub }) => atGithub.runnerName ?? []);
  if (new Set(used).size < used.length) faults.push("a runner ran more than one job");
  for (const runner of runners) faults.push(`runner ${runner.name} is still registered`);
  for (const task of tasks.filter(({ lastStatus }) => lastStatus !== "STOPPED")) faults.push(`task ${task.taskArn.split("/").at(-1)} is still ${task.lastStatus}`);
  for (const record of openRecords) faults.push(`${record.jobName}: its record is still ${record.state}`);
  return faults;
}
