import { execFile } from "node:child_process";
import { createHmac, generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startAwsEndpoint, type AwsEndpoint } from "../app/local/aws-endpoint/start-aws-endpoint.ts";
import { startEmbeddedDynamoDb, type EmbeddedDynamoDb } from "../app/local/embedded-dynamodb.ts";
import type { GithubSimulator } from "../app/local/github-simulator/github-simulator.ts";
import { startGithubSimulator } from "../app/local/github-simulator/start-github-simulator.ts";
import { aWorkflowJobEvent } from "./support/a-workflow-job-event.ts";
import { aPolicy } from "./support/test-profiles.ts";

const run = promisify(execFile);
const SECRET = "a webhook secret";
const keys = generateKeyPairSync("rsa", {
  modulusLength: 2048,
  publicKeyEncoding: { type: "spki", format: "pem" },
  privateKeyEncoding: { type: "pkcs8", format: "pem" },
});

/** As a Function URL hands it over (payload format 2.0). */
function functionUrlEvent(body: string, options: { readonly base64?: boolean; readonly signature?: string } = {}): object {
  const signature = options.signature ?? `sha256=${createHmac("sha256", SECRET).update(body).digest("hex")}`;
  return {
    version: "2.0",
    routeKey: "$default",
    rawPath: "/api/github/webhooks",
    rawQueryString: "",
    headers: { "content-type": "application/json", "x-github-event": "workflow_job", "x-github-delivery": "d", "x-hub-signature-256": signature },
    requestContext: { http: { method: "POST", path: "/api/github/webhooks", protocol: "HTTP/1.1", sourceIp: "192.0.2.1", userAgent: "GitHub-Hookshot/1" }, stage: "$default" },
    body: options.base64 ? Buffer.from(body).toString("base64") : body,
    isBase64Encoded: options.base64 === true,
  };
}

describe("the bundle of the webhook function", { timeout: 60_000 }, () => {
  const directory = mkdtempSync(join(tmpdir(), "baton-bundle-"));
  const calls: string[] = [];
  const events: { Detail: string }[] = [];
  let github: GithubSimulator;
  let dynamoDb: EmbeddedDynamoDb;
  let aws: AwsEndpoint;
  let installationId: number;

  beforeAll(async () => {
    github = await startGithubSimulator({ app: { id: 7, publicKeyPem: keys.publicKey, webhookSecret: SECRET } });
    ({ installationId } = github.addOrganization({ login: "acme", repositories: [{ name: "shop", visibility: "private" }] }));
    dynamoDb = await startEmbeddedDynamoDb({ tableName: "jobs" });
    aws = await startAwsEndpoint({
      operations: {
        "secretsmanager.GetSecretValue": async () => {
          calls.push("secret");
          return { SecretString: JSON.stringify({ appId: 7, privateKey: keys.privateKey, webhookSecret: SECRET }) };
        },
        "TrentService.Encrypt": async (input) => {
          calls.push("encrypt");
          return { CiphertextBlob: Buffer.from(JSON.stringify((input as { EncryptionContext: unknown }).EncryptionContext)).toString("base64") };
        },
        "AWSEvents.PutEvents": async (input) => {
          calls.push("put");
          events.push(...(input as { Entries: { Detail: string }[] }).Entries);
          return { FailedEntryCount: 0, Entries: [{ EventId: "1" }] };
        },
      },
    });
    await run(process.execPath, ["--import", "tsx", "infra/bundles/build-functions.ts"]);
  });
  afterAll(async () => {
    await aws.close();
    await dynamoDb.close();
    await github.close();
    rmSync(directory, { recursive: true, force: true });
  });

  /** A fresh sandbox, which gets the events one after another. */
  async function invoke(...sent: readonly object[]): Promise<readonly { statusCode: number; body: Record<string, unknown> }[]> {
    const script = join(directory, "sandbox.cjs");
    writeFileSync(
      script,
      `const { handler } = require(${JSON.stringify(resolve("dist/webhook/index.cjs"))});
      if (handler.length > 2) throw new Error("nodejs24.x refuses a handler of three parameters");
      (async () => {
        const answers = [];
        for (const event of ${JSON.stringify(sent)}) answers.push(await handler(event, {}));
        process.stdout.write("\\nANSWERS " + JSON.stringify(answers) + "\\n", () => process.exit(0));
      })();`,
    );
    const { stdout } = await run(process.execPath, [script], {
      env: {
        AWS_REGION: "us-east-1",
        AWS_ACCESS_KEY_ID: "local",
        AWS_SECRET_ACCESS_KEY: "local",
        AWS_ENDPOINT_URL: aws.url,
        AWS_ENDPOINT_URL_DYNAMODB: dynamoDb.endpoint,
        GITHUB_APP_SECRET_ID: "baton/app",
        EVENT_BUS_NAME: "baton",
        JOBS_TABLE: "jobs",
        CREDENTIAL_KEY_ID: "alias/baton",
        RUNNER_PROFILES: JSON.stringify({ profiles: aPolicy().profiles, targets: aPolicy().targets }),
        GITHUB_API_URL: github.apiUrl,
      },
    });
    const answers = JSON.parse(/ANSWERS (.*)/.exec(stdout)?.[1] ?? "[]") as { statusCode: number; body: string }[];
    return answers.map(({ statusCode, body }) => ({ statusCode, body: JSON.parse(body) as Record<string, unknown> }));
  }

  const queued = (jobId: string) =>
    JSON.stringify(aWorkflowJobEvent("queued", { jobId, name: "größe", createdAt: Date.now(), installationId: String(installationId), webOrigin: github.origin }).payload);

  it("launches from Function URL events, base64 or not, twice in one sandbox", async () => {
    calls.length = 0;
    const answers = await invoke(functionUrlEvent(queued("11")), functionUrlEvent(queued("12"), { base64: true }), functionUrlEvent(queued("12")));
    expect(answers).toMatchObject([
      { statusCode: 202, body: { decision: "launch" } },
      { statusCode: 202, body: { decision: "launch" } },
      { statusCode: 202, body: { decision: "duplicate", reason: "already-launching" } },
    ]);
    expect(calls).toEqual(["secret", "encrypt", "put", "encrypt", "put"]);
    expect(events.map(({ Detail }) => (JSON.parse(Detail) as { runner: object }).runner)).toMatchObject([
      { decision: "launch", name: "baton-11-1", credential: expect.stringMatching(/^kms:/) },
      { decision: "launch", name: "baton-12-1", credential: expect.stringMatching(/^kms:/) },
    ]);
  });

  it("calls nothing but the one secret for a forged delivery", async () => {
    calls.length = 0;
    const answers = await invoke(functionUrlEvent(queued("13"), { signature: `sha256=${"0".repeat(64)}` }), functionUrlEvent(queued("13"), { signature: "" }));
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([401, 401]);
    expect(calls).toEqual(["secret"]);
  });
});
