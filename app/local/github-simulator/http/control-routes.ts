/** The person at the simulator, by curl: queue, cancel, approve, look, and make GitHub misbehave. */
import * as z from "zod";
import { jobSnapshot, runnerSnapshot, deliverySnapshot } from "../snapshots.ts";
import { addAccount, findRepository, openAccount, repositoriesOf } from "../state/accounts.ts";
import { addMisbehaviour, clearMisbehaviours, misbehaviourSchema, type Misbehaviour } from "../state/misbehaviours.ts";
import { changeInstallation, removeInstallation } from "../state/installations.ts";
import { approveDeployment, cancelJob, queueWorkflow, rerunWorkflow } from "../state/jobs.ts";
import { addPerson } from "../state/people.ts";
import { githubLimits, type RateLimits } from "../state/rate-limits.ts";
import { Refusal } from "../state/refusal.ts";
import { removeIdleRunner } from "../state/runners.ts";
import { sendPing } from "../state/send-ping.ts";
import type { Installation } from "../state/simulator-state.ts";
import { githubTimes, type SimulatorTimes } from "../state/simulator-times.ts";
import type { StateKeeper } from "../state-keeper.ts";
import type { WebhookSender } from "../webhook-sender.ts";
import { parseControlBody, webUrl } from "./parse-body.ts";
import { param, type Call, type Route } from "./route.ts";

const step = z.union([z.string().transform((run) => ({ run })), z.strictObject({ name: z.string().optional(), run: z.string() })]);
const workflow = z.strictObject({
  repository: z.string().regex(/^[^/]+\/[^/]+$/, "is OWNER/NAME, for example acme/shop"),
  name: z.string().min(1).default("ci"),
  headBranch: z.string().optional(),
  jobs: z
    .array(
      z.strictObject({
        name: z.string().min(1),
        runsOn: z.union([z.string().transform((label) => [label]), z.array(z.string())]),
        steps: z.array(step).default([]),
        env: z.record(z.string(), z.string()).optional(),
        deployment: z.union([z.boolean(), z.string()]).optional(),
        concurrency: z.string().optional(),
        inContainers: z.boolean().optional(),
      }),
    )
    .min(1),
});
const account = z.strictObject({
  login: z.string().min(1),
  type: z.enum(["Organization", "User"]).default("Organization"),
  repositories: z.array(z.strictObject({ name: z.string().min(1), visibility: z.enum(["private", "public", "internal"]).default("private") })),
  installed: z.boolean().default(true),
  permissions: z.record(z.string(), z.enum(["read", "write", "admin"])).optional(),
  runnerGroups: z
    .array(z.strictObject({ name: z.string().min(1), repositories: z.array(z.string()).optional(), allowsPublicRepositories: z.boolean().optional(), restrictedToWorkflows: z.boolean().optional() }))
    .optional(),
});
const installationChange = z.strictObject({
  permissions: z.record(z.string(), z.enum(["read", "write", "admin"])).optional(),
  events: z.array(z.string()).optional(),
  repositories: z.array(z.string()).nullable().optional(),
  suspended: z.boolean().optional(),
});
const appChange = installationChange.pick({ permissions: true, events: true });
const person = z.strictObject({ login: z.string().min(1), name: z.string().optional(), organizations: z.record(z.string(), z.enum(["admin", "member"]).nullable()).optional() });
const rerun = z.strictObject({ failedOnly: z.boolean().default(false) });
/** Milliseconds; what is not named stays. */
const times = numbersOf<keyof SimulatorTimes>(githubTimes);
/** What is not named stays. */
const limits = numbersOf<keyof RateLimits>(githubLimits);
const webhook = z.strictObject({ url: webUrl, secret: z.string().min(1).optional() });

export function controlRoutes({ state, change }: StateKeeper, sender: Pick<WebhookSender, "redeliver">): Route[] {
  return [
    route("GET", "", () => ({ status: 200, text: help(state.origin) })),
    route("GET", "/state", () =>
      change(() => ({
        status: 200,
        body: {
          installations: [...state.installations.values()].map(installationFacts),
          jobs: [...state.jobs.values()].map((job) => {
            const { log: _, ...facts } = jobSnapshot(state, job);
            return { ...facts, logUrl: `${state.origin}/_simulator/jobs/${job.id}/log` };
          }),
          runners: [...state.runners.values()].map(runnerSnapshot),
          deliveries: [...state.deliveries.values()].map((record) => {
            const { body: _, ...facts } = deliverySnapshot(record);
            return facts;
          }),
          misbehaviours: state.misbehaviours.map(rule),
        },
      })),
    ),
    route("POST", "/workflows", (call) => {
      const { repository, ...wanted } = parseControlBody(call, workflow);
      const run = change((_, now) => queueWorkflow(state, known(repository), wanted, now));
      return { status: 201, body: { runId: String(run.id), jobIds: run.jobs.map(({ id }) => String(id)) } };
    }),
    route("POST", "/jobs/{job}/cancel", (call) => {
      const job = jobOf(call);
      change((_, now) => cancelJob(state, job, now));
      return { status: 202, body: { status: job.status } };
    }),
    route("POST", "/runs/{run}/cancel", (call) => {
      const run = runOf(call);
      change((_, now) => run.jobs.forEach((job) => cancelJob(state, job, now)));
      return { status: 202, body: {} };
    }),
    route("POST", "/runs/{run}/rerun", (call) => {
      const wanted = call.text === "" ? { failedOnly: false } : parseControlBody(call, rerun);
      const run = runOf(call);
      const jobs = change((_, now) => rerunWorkflow(state, run, wanted, now));
      return { status: 201, body: { attempt: run.attempt, jobIds: jobs.map(({ id }) => String(id)) } };
    }),
    route("POST", "/deployments/{job}/approve", (call) => {
      change((_, now) => approveDeployment(state, jobOf(call), now));
      return { status: 204 };
    }),
    route("GET", "/jobs/{job}/log", (call) => ({ status: 200, text: jobOf(call).log })),
    route("POST", "/accounts", (call) => {
      const { type, installed, ...wanted } = parseControlBody(call, account);
      if (state.accounts.has(wanted.login.toLowerCase())) throw new Refusal(400, `The account ${wanted.login} is already there; choose another login.`);
      if (installed) return { status: 201, body: { installationId: change((_, now) => addAccount(state, type, wanted, now)).id } };
      change((_, now) => openAccount(state, type, wanted, now));
      return { status: 201, body: { installUrl: `${state.origin}/apps/${state.app.slug}/installations/new` } };
    }),
    route("PATCH", "/installations/{id}", (call) => {
      const wanted = parseControlBody(call, installationChange);
      const { id, account: owner } = installationOf(call);
      const names = repositoriesOf(state, owner).map(({ name }) => name);
      const unknown = wanted.repositories?.find((name) => !names.includes(name));
      if (unknown !== undefined) throw new Refusal(400, `${owner.login} has no repository ${unknown}; it has: ${names.join(", ")}.`);
      change((_, now) => changeInstallation(state, id, wanted, now));
      return { status: 204 };
    }),
    route("DELETE", "/installations/{id}", (call) => {
      const { id } = installationOf(call);
      change(() => removeInstallation(state, id));
      return { status: 204 };
    }),
    route("DELETE", "/runners/{runner}", (call) => {
      const runner = change(() => state.runners.get(Number(param(call, "runner"))));
      if (!runner) throw new Refusal(404, `There is no runner ${param(call, "runner")}; GET /_simulator/state lists them with their ids.`);
      change(() => removeIdleRunner(state, runner));
      return { status: 204 };
    }),
    route("POST", "/deliveries/{delivery}/redeliver", (call) => {
      const delivery = state.deliveries.get(Number(param(call, "delivery")));
      if (!delivery) throw new Refusal(404, `There is no delivery ${param(call, "delivery")}; GET /_simulator/state lists them with their ids.`);
      sender.redeliver(delivery);
      return { status: 202, body: {} };
    }),
    route("PATCH", "/app", (call) => {
      Object.assign(state.app, parseControlBody(call, appChange));
      return { status: 204 };
    }),
    route("POST", "/people", (call) => {
      const { id, login, roles } = change(() => addPerson(state, parseControlBody(call, person)));
      return { status: 201, body: { id, login, organizations: Object.fromEntries(roles) } };
    }),
    route("PUT", "/times", (call) => {
      Object.assign(state.times, parseControlBody(call, times));
      return { status: 200, body: state.times };
    }),
    route("PUT", "/limits", (call) => {
      Object.assign(state.limits, parseControlBody(call, limits));
      return { status: 200, body: state.limits };
    }),
    route("PUT", "/webhook", (call) => {
      Object.assign(state.hook, parseControlBody(call, webhook));
      return { status: 204 };
    }),
    route("POST", "/ping", () => {
      change(() => sendPing(state));
      return { status: 202, body: {} };
    }),
    route("GET", "/misbehaviours", () => ({ status: 200, body: state.misbehaviours.map(rule) })),
    route("POST", "/misbehaviours", (call) => ({ status: 201, body: rule(addMisbehaviour(state, parseControlBody(call, misbehaviourSchema))) })),
    route("DELETE", "/misbehaviours", () => {
      clearMisbehaviours(state);
      return { status: 204 };
    }),
    route("DELETE", "/misbehaviours/{id}", (call) => {
      if (!clearMisbehaviours(state, Number(param(call, "id")))) throw new Refusal(404, `There is no misbehaviour ${param(call, "id")}; GET /_simulator/misbehaviours lists them.`);
      return { status: 204 };
    }),
    // Where the jobs' html_url leads.
    { method: "GET", path: "/{owner}/{repo}/actions/runs/{run}/job/{job}", access: "control", handle: (call) => ({ status: 200, text: jobOf(call).log }) },
  ];

  function runOf(call: Call) {
    const run = state.runs.get(Number(param(call, "run")));
    if (!run) throw new Refusal(404, `There is no run ${param(call, "run")}.`);
    return run;
  }

  function jobOf(call: Call) {
    const job = state.jobs.get(Number(param(call, "job")));
    if (!job) throw new Refusal(404, `There is no job ${param(call, "job")}.`);
    return job;
  }

  function installationOf(call: Call): Installation {
    const installation = state.installations.get(Number(param(call, "id")));
    if (installation) return installation;
    const others = [...state.installations.values()].map(({ id, account: { login } }) => `${id} (${login})`).join(", ");
    throw new Refusal(404, `There is no installation ${param(call, "id")}; there are: ${others || "none, add an account first"}.`);
  }

  function known(repository: string) {
    if (state.repositories.has(repository.toLowerCase())) return findRepository(state, repository);
    const names = [...state.repositories.values()].map(({ fullName }) => fullName).join(", ");
    throw new Refusal(400, `There is no repository ${repository}; there are: ${names || "none, add an account first"}.`);
  }
}

function installationFacts({ id, account: { login, type }, permissions, events, repositories, suspendedAt }: Installation): object {
  return { id, account: login, type, permissions, events, repositories, suspended: suspendedAt !== null };
}

function numbersOf<Name extends string>(all: Readonly<Record<Name, number>>) {
  return z.strictObject(Object.fromEntries(Object.keys(all).map((name) => [name, z.int().nonnegative().optional()])) as Record<Name, z.ZodOptional<z.ZodInt>>);
}

function rule({ id, rule: wanted, happened }: Misbehaviour): object {
  return { id, ...wanted, happened };
}

function route(method: string, path: string, handle: Route["handle"]): Route {
  return { method, path: `/_simulator${path}`, access: "control", handle };
}

function help(origin: string): string {
  const at = `${origin}/_simulator`;
  return `A simulated GitHub. What a person would do on its pages is done here:

curl ${at}/state
curl ${at}/workflows -d '{"repository":"acme/shop","jobs":[{"name":"build","runsOn":["self-hosted","small"],"steps":["echo hello"]}]}'
curl ${at}/jobs/JOB/log
curl -X POST ${at}/jobs/JOB/cancel
curl -X POST ${at}/runs/RUN/cancel
curl -X POST ${at}/runs/RUN/rerun -d '{"failedOnly":true}'      (without a body: all of its jobs)
curl -X POST ${at}/deployments/JOB/approve        (a job with "deployment": true)
curl ${at}/accounts -d '{"login":"acme","repositories":[{"name":"shop","visibility":"private"}]}'
  also permissions and runnerGroups: name, repositories, allowsPublicRepositories, restrictedToWorkflows
  with "installed": false the App is left to be installed by hand
curl -X PATCH ${at}/installations/ID -d '{"suspended":true}'      (also permissions, events, repositories: names or null)
curl -X DELETE ${at}/installations/ID
curl -X DELETE ${at}/runners/ID                   (not while it has a job)
curl -X POST ${at}/deliveries/ID/redeliver
curl -X PATCH ${at}/app -d '{"permissions":{"actions":"read","members":"read"}}'      (what it wants of installations; also events)
curl ${at}/people -d '{"login":"ada","organizations":{"acme":"admin"}}'        (can sign in; "member" and null are other roles)
curl -X PUT ${at}/times -d '{"jobInQueue":60000}' (GitHub's own time limits, in milliseconds; answers with all of them)
curl -X PUT ${at}/limits -d '{"pointsPerMinute":60}' (GitHub's own rate limits; answers with all of them)
curl -X PUT ${at}/webhook -d '{"url":"http://localhost:3000/api/github/webhooks"}'
curl -X POST ${at}/ping

It misbehaves by rules; "times", "probability" and "seed" say how often:

curl ${at}/misbehaviours -d '{"on":"delivery","action":"queued","do":"lose","times":1}'
  do: lose, swallow, duplicate, delay (ms), reorder (ms); by event, action, job
curl ${at}/misbehaviours -d '{"on":"request","method":"POST","path":"/orgs/*/actions/runners/registration-token","do":"status","status":500}'
  do: status, primary-limit, secondary-limit (retryAfterSeconds), hang, slow (ms), reset, empty (lists that hold nothing);
  "when": "after" lets the request take effect first
curl ${at}/misbehaviours
curl -X DELETE ${at}/misbehaviours
`;
}
