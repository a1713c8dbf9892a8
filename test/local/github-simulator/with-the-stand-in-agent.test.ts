import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { installStandInAgent } from "../../../app/local/stand-in-agent/install-stand-in-agent.ts";
import { startSimulatedGithub, type SimulatedGithub } from "./support/simulated-github.ts";

let simulated: SimulatedGithub;
let directory: string;
beforeEach(async () => {
  simulated = await startSimulatedGithub({ times: { poll: 5_000 } });
  directory = await mkdtemp(join(tmpdir(), "baton-agent-"));
  await installStandInAgent(directory, { cancelPollSeconds: 0.1 });
});
afterEach(async () => {
  await simulated.github.close();
  await rm(directory, { recursive: true, force: true });
});

/** Its exit code and all that it printed. */
async function run(script: string, args: readonly string[], input: Record<string, string> = {}): Promise<{ code: number; output: string }> {
  const child = spawn(join(directory, script), args, { env: { ...process.env, RUNNER_ALLOW_RUNASROOT: "1", ...input }, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text: string) => (output += text));
  const [code] = await once(child, "close");
  return { code, output };
}

function configure(token: string) {
  const url = `${simulated.github.origin}/acme`;
  const args = ["--url", url, "--name", "one", "--labels", "self-hosted,small", "--runnergroup", "Default", "--work", "_work", "--ephemeral", "--disableupdate", "--unattended", "--no-default-labels"];
  return run("config.sh", args, { ACTIONS_RUNNER_INPUT_TOKEN: token });
}

function queue(command: string): string {
  return simulated.github.queueWorkflow({ repository: "acme/shop", name: "ci", jobs: [{ name: "build", runsOn: ["small"], steps: [{ run: command }] }] }).jobIds[0] ?? "";
}

async function registrationToken(): Promise<string> {
  return (await simulated.asInstallation("POST", "/orgs/acme/actions/runners/registration-token")).body.token;
}

test("it registers by token, runs its job and leaves nothing behind", async () => {
  const jobId = queue("echo 6*7=$((6*7)); exit 3");
  expect(await configure(await registrationToken())).toMatchObject({ code: 0, output: /Runner successfully added/ });
  expect((await run("run.sh", [])).output).toMatch(/Running job: build[^]*completed with result: Failed/);
  expect(simulated.github.job(jobId)).toMatchObject({ conclusion: "failure", runnerName: "one", log: expect.stringContaining("6*7=42") });
  expect(simulated.github.runners()).toEqual([]);
});

test("it runs its job by a JIT config", async () => {
  const jobId = queue("true");
  const { body } = await simulated.asInstallation("POST", "/orgs/acme/actions/runners/generate-jitconfig", { name: "jit", runner_group_id: 1, labels: ["small"] });
  expect((await run("run.sh", [], { ACTIONS_RUNNER_INPUT_JITCONFIG: body.encoded_jit_config })).output).toMatch(/completed with result: Succeeded/);
  expect(simulated.github.job(jobId)).toMatchObject({ conclusion: "success", runnerName: "jit" });
});

test("it cancels its job when told so", async () => {
  const jobId = queue("echo begun; sleep 60");
  await configure(await registrationToken());
  const running = run("run.sh", []);
  await expect.poll(() => simulated.github.job(jobId).log).toContain("begun");
  simulated.github.cancelJob(jobId);
  expect((await running).output).toMatch(/completed with result: Canceled/);
  expect(simulated.github.job(jobId)).toMatchObject({ conclusion: "cancelled" });
});

test("it says why when its name is taken, its token bad, its registration gone", async () => {
  const token = await registrationToken();
  expect((await configure("AWRONG")).output).toMatch(/Http response code: NotFound/);
  expect((await configure(token)).code).toBe(0);
  const { id } = simulated.github.runners()[0] ?? {};
  await rm(join(directory, ".runner"));
  expect((await configure(token)).output).toMatch(/A runner exists with the same name/);
  expect((await simulated.asInstallation("DELETE", `/orgs/acme/actions/runners/${id}`)).status).toBe(204);
  expect((await configure(token)).code).toBe(0);
  const other = simulated.github.runners()[0]?.id;
  await simulated.asInstallation("DELETE", `/orgs/acme/actions/runners/${other}`);
  expect((await run("run.sh", [])).output).toMatch(/registration has been deleted/);
});
