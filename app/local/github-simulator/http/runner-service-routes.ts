/**
 * The runner service, for the stand-in agent alone: the real agent's protocol is not public. All errors are `{ "message": … }`.
 *
 * POST {api}/actions/runner-registration   Authorization: RemoteAuth TOKEN, {url, runner_event: "register" | "remove"}
 *                                          200 {url, token, token_schema}; 404 unknown token, 401 expired, 403 wrong kind
 *   With that token as Bearer:
 * POST   /_services/runners                {name, labels, group, ephemeral, version, replace} → 201 {id, session_secret}
 *                                          409 name taken, 404 unknown group, 403 deprecated version
 * DELETE /_services/runners/{id}           204; token of a "remove" registration; 422 while busy
 *   With the session secret as Bearer; 404 everywhere once the registration has gone, 401 for another's secret:
 * POST   /_services/runners/{id}/sessions  201 {session_id}; 409 while another session is alive
 * GET    /_services/sessions/{id}/messages held up to the poll's length: 200 {job: {id, name, repository, run_id, workflow, steps, env, in_containers?}} or 204
 * DELETE /_services/sessions/{id}          204
 * POST   /_services/jobs/{id}/started      204; cancelled meanwhile is told by `state`
 * POST   /_services/jobs/{id}/logs         204; text, appended
 * GET    /_services/jobs/{id}/state        200 {state, cancel_requested}: the agent asks every second or so while it runs the job
 * POST   /_services/jobs/{id}/finished     {conclusion: success | failure | cancelled} → 204; an ephemeral runner is gone with it
 *
 * Whatever the agent sends keeps its session alive.
 */
import * as z from "zod";
import { finishJob, startJob } from "../state/jobs.ts";
import { notFound, Refusal } from "../state/refusal.ts";
import { exchangeRegistrationToken, readServiceToken } from "../state/registration-tokens.ts";
import { closeSession, openSession, readRunnerSecret, readSession, seeRunner } from "../state/runner-sessions.ts";
import { findRunner, registerRunner, removeIdleRunner } from "../state/runners.ts";
import type { Job } from "../state/simulator-state.ts";
import type { StateKeeper } from "../state-keeper.ts";
import { parseBody } from "./parse-body.ts";
import type { PollForJob } from "./poll-for-job.ts";
import { param, type Call, type Route } from "./route.ts";

const exchange = z.object({ url: z.string(), runner_event: z.enum(["register", "remove"]) });
const newRunner = z.object({
  name: z.string().min(1).max(64),
  labels: z.array(z.string().min(1).max(256)).max(100),
  group: z.string().default("Default"),
  ephemeral: z.boolean().default(false),
  version: z.string(),
  replace: z.boolean().default(false),
});
const finished = z.object({ conclusion: z.enum(["success", "failure", "cancelled"]) });

export function runnerServiceRoutes({ state, change }: StateKeeper, pollForJob: PollForJob): Route[] {
  return [
    route("POST", "/actions/runner-registration", (call) => {
      const { url, runner_event: event } = parseBody(call, exchange);
      const token = change((_, now) => exchangeRegistrationToken(state, { token: credential(call, "RemoteAuth"), url, event }, now));
      return { status: 200, body: { url: state.origin, token, token_schema: "OAuthAccessToken" } };
    }),
    route("POST", "/_services/runners", (call) => {
      const wanted = parseBody(call, newRunner);
      const runner = change((_, now) => registerRunner(state, readServiceToken(state, credential(call), "register", now), wanted, now));
      return { status: 201, body: { id: runner.id, session_secret: runner.secret } };
    }),
    route("DELETE", "/_services/runners/{runner}", (call) => {
      change((_, now) => {
        const scope = readServiceToken(state, credential(call), "remove", now);
        removeIdleRunner(state, findRunner(state, scope, Number(param(call, "runner"))));
      });
      return { status: 204 };
    }),
    route("POST", "/_services/runners/{runner}/sessions", (call) => {
      const session = change((_, now) => openSession(state, readRunnerSecret(state, Number(param(call, "runner")), credential(call)), now));
      return { status: 201, body: { session_id: session.id } };
    }),
    route("GET", "/_services/sessions/{session}/messages", async (call) => {
      const job = await pollForJob({ sessionId: param(call, "session"), secret: credential(call), gone: call.gone });
      return job ? { status: 200, body: { job: jobMessage(job) } } : { status: 204 };
    }),
    route("DELETE", "/_services/sessions/{session}", (call) => {
      change(() => closeSession(state, readSession(state, param(call, "session"), credential(call)).runner));
      return { status: 204 };
    }),
    jobRoute("POST", "started", (_, job, now) => startJob(state, job, now)),
    jobRoute("POST", "logs", (call, job) => {
      job.log += call.text;
    }),
    jobRoute("GET", "state", (_, job) => ({ state: job.status, cancel_requested: job.cancelRequestedAt !== null })),
    jobRoute("POST", "finished", (call, job, now) => finishJob(state, job, parseBody(call, finished).conclusion, now)),
  ];

  /** The runner that has the job may speak of it, and no other. */
  function jobRoute(method: string, what: string, act: (call: Call, job: Job, now: number) => object | void): Route {
    return route(method, `/_services/jobs/{job}/${what}`, (call) => {
      const body = change((_, now) => {
        const job = state.jobs.get(Number(param(call, "job")));
        if (!job?.runner) throw notFound();
        const runner = readRunnerSecret(state, job.runner.id, credential(call));
        if (runner.assignment?.job !== job) throw notFound();
        seeRunner(runner, now);
        return act(call, job, now);
      });
      return body ? { status: 200, body } : { status: 204 };
    });
  }
}

function credential({ headers }: Call, scheme = "Bearer"): string {
  const [given = "", secret] = (headers.authorization ?? "").split(" ");
  if (given.toLowerCase() !== scheme.toLowerCase() || !secret) throw new Refusal(401, "Unauthorized");
  return secret;
}

function jobMessage({ id, name, run, steps, env, inContainers }: Job): object {
  return { id: String(id), name, repository: run.repository.fullName, run_id: run.id, workflow: run.name, steps, env, ...(inContainers && { in_containers: true }) };
}

function route(method: string, path: string, handle: Route["handle"]): Route {
  return { method, path, access: "runner", handle };
}
