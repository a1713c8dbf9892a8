import { createSign, generateKeyPairSync } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startGithubSimulator } from "../../app/local/github-simulator/start-github-simulator.ts";
import type { GithubSimulator } from "../../app/local/github-simulator/github-simulator.ts";
import { plainCredential, startRunnerTask, temporaryDirectory } from "../support/runner/start-runner-task.ts";
import type { Script } from "../support/runner/start-script.ts";
import { until } from "../support/runner/until.ts";

const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const name = "baton-8123456789-1";

let github: GithubSimulator;
let installationId: number;
let directory: ReturnType<typeof temporaryDirectory>;
let task: Script | undefined;

beforeEach(async () => {
  github = await startGithubSimulator({ app: { id: 42, publicKeyPem: publicKey.export({ type: "spki", format: "pem" }).toString(), webhookSecret: "secret" } });
  ({ installationId } = github.addOrganization({ login: "acme", repositories: [{ name: "shop", visibility: "private" }] }));
  directory = temporaryDirectory();
});

afterEach(async () => {
  if (task?.running) task.kill("SIGTERM");
  await task?.ended();
  task = undefined;
  await github.close();
  directory.remove();
});

function appToken(): string {
  const seconds = Math.floor(Date.now() / 1000);
  const encode = (part: unknown) => Buffer.from(JSON.stringify(part)).toString("base64url");
  const unsigned = `${encode({ alg: "RS256", typ: "JWT" })}.${encode({ iss: "42", iat: seconds - 30, exp: seconds + 300 })}`;
  return `${unsigned}.${createSign("RSA-SHA256").update(unsigned).sign(privateKey, "base64url")}`;
}

async function post<Answer>(path: string, token: string, body: unknown = {}): Promise<Answer> {
  const response = await fetch(`${github.apiUrl}${path}`, { method: "POST", headers: { authorization: `Bearer ${token}` }, body: JSON.stringify(body) });
  expect(response.status).toBe(201);
  return (await response.json()) as Answer;
}

async function installationToken(): Promise<string> {
  const { token } = await post<{ token: string }>(`/app/installations/${installationId}/access_tokens`, appToken());
  return token;
}

function queueJob(run: string): string {
  const [jobId = ""] = github.queueWorkflow({
    repository: "acme/shop",
    name: "ci",
    jobs: [{ name: "build", runsOn: ["self-hosted", "linux", "x64", "small"], steps: [{ run }] }],
  }).jobIds;
  return jobId;
}

async function start(changes: Readonly<Record<string, string>>): Promise<Script> {
  task = await startRunnerTask(directory.path, { origin: github.origin, token: "" }, { RUNNER_STOP_GRACE_SECONDS: "60", ...changes });
  return task;
}

describe("a runner task at the GitHub simulator", () => {
  it("registers with a token, runs its job and is gone from the list", async () => {
    const jobId = queueJob("echo hello");
    const { token } = await post<{ token: string }>("/orgs/acme/actions/runners/registration-token", await installationToken());
    const running = await start({ RUNNER_CREDENTIAL: plainCredential(token) });
    expect(await running.ended()).toBe(0);
    expect(github.job(jobId)).toMatchObject({ status: "completed", conclusion: "success" });
    expect(github.runners()).toEqual([]);
  });

  it("registers with a JIT config", async () => {
    const jobId = queueJob("exit 1");
    const { encoded_jit_config: config } = await post<{ encoded_jit_config: string }>("/orgs/acme/actions/runners/generate-jitconfig", await installationToken(), {
      name,
      runner_group_id: 1,
      labels: ["self-hosted", "linux", "x64", "small"],
    });
    const running = await start({ RUNNER_REGISTRATION: "jit", RUNNER_CREDENTIAL: plainCredential(Buffer.from(config, "base64")) });
    expect(await running.ended()).toBe(0);
    expect(github.job(jobId)).toMatchObject({ status: "completed", conclusion: "failure" });
    expect(github.runners()).toEqual([]);
  });

  it("obeys a cancel", async () => {
    const jobId = queueJob("sleep 60");
    const { token } = await post<{ token: string }>("/orgs/acme/actions/runners/registration-token", await installationToken());
    const running = await start({ RUNNER_CREDENTIAL: plainCredential(token) });
    await until("the job's start", () => github.job(jobId).status === "in_progress");
    github.cancelJob(jobId);
    expect(await running.ended()).toBe(0);
    expect(github.job(jobId)).toMatchObject({ status: "completed", conclusion: "cancelled" });
  });

  it("ends with 11 when a runner of its name is there, and 12 for a token nobody gave", async () => {
    const installation = await installationToken();
    await post("/orgs/acme/actions/runners/generate-jitconfig", installation, { name, runner_group_id: 1, labels: ["small"] });
    const { token } = await post<{ token: string }>("/orgs/acme/actions/runners/registration-token", installation);
    const second = await start({ RUNNER_CREDENTIAL: plainCredential(token) });
    expect(await second.ended()).toBe(11);
    const third = await start({ RUNNER_CREDENTIAL: plainCredential("ANINVENTEDTOKEN") });
    expect(await third.ended()).toBe(12);
  });
});
