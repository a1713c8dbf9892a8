import type { JobProgress } from "../../ports.ts";
import type { GithubSimulator } from "../github-simulator/github-simulator.ts";
import type { LocalTask, TaskLauncher } from "../task-launcher/task-launcher.ts";
import type { JobTimeline } from "./job-timeline.ts";

/** What the control plane tells of a job, put on its timeline. */
export function noteProgress(timeline: JobTimeline, { jobId, step, reason }: JobProgress): void {
  switch (step) {
    case "received":
    case "minted":
    case "published":
      return timeline.reach(jobId, step);
    case "waiting":
      return timeline.note(jobId, `waits: ${reason}`);
    case "ignored":
      return timeline.note(jobId, `ignored: ${reason}`, { ended: true });
    case "duplicate":
      return timeline.note(jobId, "duplicate, nothing done");
    default:
      return undefined;
  }
}

/** What GitHub and the tasks tell. */
export function followJobs(timeline: JobTimeline, github: Pick<GithubSimulator, "on">, launcher: Pick<TaskLauncher, "events">): void {
  const idByName = new Map<string, string>();
  github.on("job", ({ change, job }) => {
    if (change === "queued") {
      idByName.set(job.name, job.id);
      timeline.add({ jobId: job.id, name: job.name, labels: job.labels });
    }
    if (change === "in_progress") timeline.reach(job.id, "running", job.runnerName === null ? {} : { runner: job.runnerName });
    if (change === "completed") timeline.reach(job.id, "done", { note: job.conclusion ?? "" });
  });
  github.on("delivery", (delivery) => {
    const jobId = delivery.jobName === null ? undefined : idByName.get(delivery.jobName);
    if (jobId === undefined || delivery.action !== "queued") return;
    if (delivery.statusCode < 200 || delivery.statusCode > 299) timeline.note(jobId, "lost; the sweep will find it");
    else if (delivery.redelivery) timeline.note(jobId, "delivered again");
  });
  launcher.events.on("task", (task) => {
    const jobId = variable(task, "RUNNER_JOB_ID");
    if (jobId !== null && task.lastStatus === "RUNNING") timeline.reach(jobId, "task");
  });
  launcher.events.on("line", ({ event, facts }) => {
    if (event === "runner.registered" && typeof facts["jobId"] === "string") timeline.reach(facts["jobId"], "registered");
  });
}

function variable(task: LocalTask, name: string): string | null {
  const variables = (task.overrides.containerOverrides ?? []).flatMap((override) => override.environment ?? []);
  return variables.find((candidate) => candidate.name === name)?.value ?? null;
}
