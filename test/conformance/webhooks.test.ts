import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import { afterAll, beforeAll, expect, test } from "vitest";
import { aWorkflowJobEvent } from "../support/a-workflow-job-event.ts";
import { startSimulatedAcme, type SimulatedAcme } from "./simulated-acme.ts";

let acme: SimulatedAcme;
let schemaOf: (event: string, action: string | null) => ValidateFunction;

beforeAll(async () => {
  schemaOf = readSchemas();
  acme = await startSimulatedAcme();
});
afterAll(() => acme.github.close());

/** By GitHub's names: `webhook-workflow-job-in-progress`, `webhook-ping`. OpenAPI 3.1 takes JSON Schema 2020-12. */
function readSchemas(): typeof schemaOf {
  const file = createRequire(import.meta.url).resolve("@octokit/openapi-webhooks/generated/api.github.com.json");
  const { components } = JSON.parse(readFileSync(file, "utf8")) as { components: object };
  const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });
  ajv.addSchema({ $id: "github", components });
  return (event, action) => {
    const name = ["webhook", event, ...(action === null ? [] : [action])].join("-").replaceAll("_", "-");
    return ajv.compile({ $ref: `github#/components/schemas/${name}` });
  };
}

function faultsOf(event: string, action: string | null, payload: unknown): string[] {
  const validate = schemaOf(event, action);
  validate(payload);
  return (validate.errors ?? []).map(({ instancePath, message }) => `${event}.${action} ${instancePath}: ${message}`);
}

/** A job on a runner of its own, over the runner service. */
async function runOneJob(name: string): Promise<void> {
  const { github, octokit, installationId } = acme;
  const call = octokit.asInstallation({ installationId, permissions: { organization_self_hosted_runners: "write" } });
  const { data } = await call("POST /orgs/{org}/actions/runners/generate-jitconfig", { org: "acme", name, runner_group_id: 1, labels: ["self-hosted", "small"] });
  const { runner, encoded_jit_config: config } = data as { runner: { id: number }; encoded_jit_config: string };
  const files = JSON.parse(Buffer.from(config, "base64").toString()) as Record<string, string>;
  const { data: credentials } = JSON.parse(Buffer.from(files[".credentials"] ?? "", "base64").toString()) as { data: { sessionSecret: string } };
  const service = async (method: string, path: string, body?: object): Promise<ReturnType<typeof JSON.parse>> => {
    const answer = await fetch(`${github.origin}/_services/${path}`, {
      method,
      headers: { authorization: `Bearer ${credentials.sessionSecret}` },
      body: body ? JSON.stringify(body) : null,
    });
    return answer.status === 204 ? null : answer.json();
  };
  const { session_id: session } = await service("POST", `runners/${runner.id}/sessions`);
  const { job } = await service("GET", `sessions/${session}/messages`);
  await service("POST", `jobs/${job.id}/started`);
  await service("POST", `jobs/${job.id}/finished`, { conclusion: "success" });
}

test("the queued, self-hosted job of an organization that the tests deliver is as GitHub describes it", () => {
  const { payload } = aWorkflowJobEvent("queued", { labels: ["self-hosted", "small"] });
  expect(faultsOf("workflow_job", "queued", payload)).toEqual([]);
});

test("every webhook is as GitHub describes it", async () => {
  const { github } = acme;
  const jobs = [
    { name: "build", runsOn: ["self-hosted", "small"], steps: [{ run: "true" }] },
    { name: "deploy", runsOn: ["self-hosted", "small"], steps: [], deployment: true },
  ];
  const { jobIds } = github.queueWorkflow({ repository: "acme/shop", name: "ci", jobs });
  await runOneJob("one");
  github.approveDeployment(jobIds[1] ?? "");
  github.cancelRun(github.job(jobIds[1] ?? "").runId);
  github.addUser({ login: "solo", repositories: [{ name: "toy", visibility: "public" }] });
  github.queueWorkflow({ repository: "solo/toy", name: "ci", jobs: jobs.slice(0, 1) });
  github.ping();
  await github.deliveriesSettled();
  const deliveries = github.deliveries();
  const kinds = new Set(deliveries.map(({ event, action }) => (action === null ? event : `${event}.${action}`)));
  expect([...kinds].toSorted()).toEqual(
    ["installation.created", "ping", "workflow_job.completed", "workflow_job.in_progress", "workflow_job.queued", "workflow_job.waiting"],
  );
  expect(deliveries.flatMap(({ event, action, body }) => faultsOf(event, action, JSON.parse(body)))).toEqual([]);
});

test("a wrong payload is noticed", () => {
  const first = acme.github.deliveries().find(({ event }) => event === "workflow_job");
  const payload = JSON.parse(first?.body ?? "{}");
  payload.workflow_job.labels = "small";
  delete payload.repository.full_name;
  expect(faultsOf("workflow_job", first?.action ?? null, payload)).toHaveLength(2);
});
