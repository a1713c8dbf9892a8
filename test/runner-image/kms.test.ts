import { execFileSync } from "node:child_process";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { runnerTaskFixture } from "../support/runner/runner-task-fixture.ts";
import { startKmsStub, taskRole } from "../support/runner/start-kms-stub.ts";
import type { KmsStub } from "../support/runner/start-kms-stub.ts";

const fixture = runnerTaskFixture();
const region = "eu-central-1";
const context = { "baton:job": "8123456789", "baton:launch": "1", "baton:target": "fargate-x64" };

/** Why these tests are left out, if they are. */
const missing = ((): string | undefined => {
  try {
    const version = /^curl (\d+)\.(\d+)/.exec(execFileSync("curl", ["--version"], { encoding: "utf8" }));
    return Number(version?.[1]) * 1000 + Number(version?.[2]) >= 7075 ? undefined : "curl is older than 7.75 and cannot sign";
  } catch {
    return "curl is not installed";
  }
})();

describe.skipIf(missing !== undefined)(missing === undefined ? "a credential sealed with KMS" : `a credential sealed with KMS (left out: ${missing})`, () => {
  let kms: KmsStub;

  beforeEach(async () => {
    kms = await startKmsStub(region);
  });
  afterEach(() => kms.close());

  function start(sealed: string, changes: Readonly<Record<string, string>> = {}) {
    return fixture.start({
      RUNNER_CREDENTIAL: `kms:${sealed}`,
      AWS_REGION: region,
      AWS_ENDPOINT_URL_KMS: kms.origin,
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `${kms.origin}/role`,
      ...changes,
    });
  }

  function sealToken(): string {
    return kms.seal(gzipSync(fixture.service.token), context);
  }

  it("is opened by a signed request with job, launch and target", async () => {
    fixture.service.queue({ steps: [{ run: "true" }] });
    const task = await start(sealToken());
    expect(await task.ended()).toBe(0);
    expect(task.stdout + task.stderr).not.toContain(taskRole.SecretAccessKey);
  });

  it.each([{ RUNNER_JOB_ID: "1" }, { RUNNER_LAUNCH: "2" }, { RUNNER_TARGET: "fargate-arm64" }])("stays shut, with 12, for a task with %j", async (change) => {
    const task = await start(sealToken(), change);
    expect(await task.ended()).toBe(12);
    expect(task.event("runner.ended")).toMatchObject({ reason: "credential-unreadable", detail: expect.stringContaining("InvalidCiphertextException") });
    expect(kms.decryptions()).toBe(1);
  });

  it("stays shut, with 12, for a task role that may not open it", async () => {
    kms.answers.push({ status: 400, body: { __type: "com.amazonaws.kms#AccessDeniedException" } });
    const task = await start(sealToken());
    expect(await task.ended()).toBe(12);
    expect(task.event("runner.ended")).toMatchObject({ reason: "credential-refused" });
  });

  it("is opened after KMS was busy", async () => {
    kms.answers.push({ status: 500, body: { __type: "KMSInternalException" } }, { status: 400, body: { __type: "ThrottlingException" } });
    fixture.service.queue({ steps: [{ run: "true" }] });
    const task = await start(sealToken());
    expect(await task.ended()).toBe(0);
    expect(kms.decryptions()).toBe(3);
  });

  it("ends the task with 16 when KMS stays busy", async () => {
    for (let time = 0; time < 4; time++) kms.answers.push({ status: 503 });
    const task = await start(sealToken());
    expect(await task.ended()).toBe(16);
    expect(kms.decryptions()).toBe(4);
  });

  it("ends the task with 16 when nobody answers for the task role", async () => {
    const task = await start(sealToken(), { AWS_CONTAINER_CREDENTIALS_FULL_URI: "http://127.0.0.1:9/role" });
    expect(await task.ended()).toBe(16);
    expect(kms.decryptions()).toBe(0);
  });
});
