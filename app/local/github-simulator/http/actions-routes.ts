import { workflowJobPayload } from "../payloads/workflow-job-payload.ts";
import { runConclusion, runStatus, workflowRunPayload } from "../payloads/workflow-run-payload.ts";
import { findRepository } from "../state/accounts.ts";
import { jobsOfAttempt } from "../state/jobs.ts";
import { authorizeScope } from "../state/installation-tokens.ts";
import { authorizePerson } from "../state/people.ts";
import { notFound } from "../state/refusal.ts";
import type { Repository, WorkflowRun } from "../state/simulator-state.ts";
import type { StateKeeper } from "../state-keeper.ts";
import { page } from "./page.ts";
import { param, type Answer, type Call, type Route } from "./route.ts";

/** Workflow runs and their jobs, to read. */
export function actionsRoutes({ state, change }: StateKeeper): Route[] {
  const route = (path: string, handle: (call: Call, repository: Repository) => Answer): Route => ({
    method: "GET",
    path: `/repos/{owner}/{repo}/actions${path}`,
    access: "installation",
    users: true,
    handle(call) {
      const repository = findRepository(state, `${param(call, "owner")}/${param(call, "repo")}`);
      if (call.caller.kind === "installation") authorizeScope(state, call.caller.token, { account: repository.owner, repository }, "actions", "read");
      if (call.caller.kind === "user") authorizePerson(state, call.caller.person, { account: repository.owner, repository }, { permission: "actions", level: "read", onlyAdmins: false });
      return change(() => handle(call, repository));
    },
  });
  return [
    route("/jobs/{job}", (call, repository) => {
      const job = state.jobs.get(Number(param(call, "job")));
      if (job?.run.repository !== repository) throw notFound();
      return { status: 200, body: workflowJobPayload(state, job) };
    }),
    route("/runs", (call, repository) => {
      const status = call.query.get("status");
      const runs = [...state.runs.values()]
        .filter((run) => run.repository === repository && (status === null || status === runStatus(run) || status === runConclusion(run)))
        .filter((run) => [null, run.event].includes(call.query.get("event") as typeof run.event | null))
        .toSorted((one, other) => other.id - one.id);
      const { items, headers } = page(state.origin, call, runs);
      return { status: 200, headers, body: { total_count: runs.length, workflow_runs: items.map((run) => workflowRunPayload(state, run)) } };
    }),
    route("/runs/{run}", (call, repository) => ({ status: 200, body: workflowRunPayload(state, run(call, repository)) })),
    route("/runs/{run}/jobs", (call, repository) => {
      const { jobs } = run(call, repository);
      const { items, headers } = page(state.origin, call, jobs);
      return { status: 200, headers, body: { total_count: jobs.length, jobs: items.map((job) => workflowJobPayload(state, job)) } };
    }),
    route("/runs/{run}/attempts/{attempt}/jobs", (call, repository) => {
      const jobs = jobsOfAttempt(state, run(call, repository), Number(param(call, "attempt")));
      const { items, headers } = page(state.origin, call, jobs);
      return { status: 200, headers, body: { total_count: jobs.length, jobs: items.map((job) => workflowJobPayload(state, job)) } };
    }),
  ];

  function run(call: Call, repository: Repository): WorkflowRun {
    const found = state.runs.get(Number(param(call, "run")));
    if (found?.repository !== repository) throw notFound();
    return found;
  }
}
