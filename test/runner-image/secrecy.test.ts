import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { processTree } from "../support/runner/processes.ts";
import { runnerTaskFixture } from "../support/runner/runner-task-fixture.ts";
import { jitConfigFor, plainCredential } from "../support/runner/start-runner-task.ts";

const fixture = runnerTaskFixture();

/** Everything that a task is told and a job must not see. */
const surroundings = {
  AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: "/v2/credentials/a-task-role-path",
  ECS_CONTAINER_METADATA_URI_V4: "http://169.254.170.2/v4/a-metadata-path",
  ECS_AGENT_URI: "http://169.254.170.2/api/an-agent-path",
  SOMETHING_ELSE: "an-unknown-value",
  "not.an.identifier": "an-odd-value",
  "BASH_FUNC_exported%%": "() { echo a-function-body; }",
};

describe.skipIf(process.platform !== "linux")("while a job runs", () => {
  it.each(["token", "jit"] as const)("no process shows the %s credential, sealed or not, nor the task's surroundings", async (registration) => {
    const secret = registration === "token" ? Buffer.from(fixture.service.token) : jitConfigFor(fixture.service);
    const credential = plainCredential(secret);
    const job = fixture.service.queue({ steps: [{ run: "echo under way; while [ ! -e $RUNNER_TEMP/go-on ]; do sleep 0.05; done" }] });
    const task = await fixture.start({ ...surroundings, RUNNER_REGISTRATION: registration, RUNNER_CREDENTIAL: credential });
    await fixture.service.untilLogged(job, "under way");

    const processes = processTree(task.pid);
    // In any order: process ids begin again at their end.
    for (const name of ["entrypoint.sh supervise", "Runner.Worker"]) expect(processes.map((process) => process.arguments).join("\n")).toContain(name);
    const secrets = [secret.toString(), credential.slice("plain:".length), ...Object.values(surroundings)];
    const shown = processes.map((process) => `${process.arguments}\n${process.environment}`).join("\n");
    for (const hidden of secrets) expect(shown).not.toContain(hidden);
    expect(shown).not.toContain("a-function-body");

    const files = readdirSync(fixture.directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    const contents = files.map((entry) => readFileSync(join(entry.parentPath, entry.name), "utf8")).join("\n");
    expect(contents).toContain(fixture.service.sessionSecret);
    for (const hidden of secrets) expect(contents).not.toContain(hidden);

    writeFileSync(join(fixture.directory, "runner", "_work", "_temp", "go-on"), "");
    expect(await task.ended()).toBe(0);
    for (const hidden of secrets) expect(task.stdout + task.stderr).not.toContain(hidden);
  });

  it("never shows the token in the arguments of a process that registers, nor the seal in its environment", async () => {
    const credential = plainCredential(fixture.service.token);
    fixture.service.hang(/runner-registration/);
    const task = await fixture.start({ ...surroundings, RUNNER_CREDENTIAL: credential });
    await fixture.service.untilRequested(/runner-registration/);
    const registering = processTree(task.pid).filter(({ pid }) => pid !== task.pid);
    expect(registering.some((process) => process.arguments.includes("--ephemeral"))).toBe(true);
    for (const process of registering) {
      expect(process.arguments).not.toContain(fixture.service.token);
      expect(process.environment).not.toContain(credential);
      expect(process.environment).not.toContain("a-task-role-path");
    }
  });

  it("the job sees what the image chose to keep", async () => {
    const job = fixture.service.queue({ steps: [{ run: "echo got $GOPATH and ${OTHER:-nothing}" }] });
    const task = await fixture.start({ GOPATH: "/go path", OTHER: "x", BATON_KEEP_ENVIRONMENT: "GOPATH,JAVA_HOME" });
    expect(await task.ended()).toBe(0);
    expect(fixture.service.reports.get(job)?.log).toContain("got /go path and nothing");
  });
});
