import { expect } from "vitest";
import { eventually, type LocalBaton } from "./a-local-baton.ts";

/** The job ran to its end on a runner of ours, its record says so, and nothing of it is left over. */
export async function expectServed(local: LocalBaton, jobId: string): Promise<void> {
  const { github, plane } = local;
  await eventually("the job's end at GitHub", () => github.job(jobId), (job) => job.status === "completed");
  expect(github.job(jobId)).toMatchObject({ conclusion: "success", runnerName: expect.stringMatching(/^baton-/) });
  await eventually("the record's end", () => plane.store.get(jobId), (record) => record?.state === "completed");
  const liveTasks = () => plane.launcher.list().filter((task) => task.lastStatus !== "STOPPED");
  await eventually("nothing left over", () => [...github.runners(), ...liveTasks()], (left) => left.length === 0);
  expect(await plane.store.listOpen()).toEqual([]);
}
