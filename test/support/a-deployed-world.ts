import { createHmac, generateKeyPairSync } from "node:crypto";
import { AwsError } from "../../app/local/aws-endpoint/aws-operation.ts";
import { startAwsEndpoint } from "../../app/local/aws-endpoint/start-aws-endpoint.ts";
import { startEmbeddedDynamoDb } from "../../app/local/embedded-dynamodb.ts";
import type { GithubSimulator } from "../../app/local/github-simulator/github-simulator.ts";
import { startGithubSimulator } from "../../app/local/github-simulator/start-github-simulator.ts";
import { aWorkflowJobEvent } from "./a-workflow-job-event.ts";
import { aPolicy } from "./test-profiles.ts";

export interface DeployedWorld {
  readonly github: GithubSimulator;
  /** What the function finds in its environment. */
  readonly environment: Readonly<Record<string, string>>;
  /** The calls to Secrets Manager, KMS, EventBridge and ECS so far, in order: `secret`, `encrypt`, `put`, `list-tasks`. */
  readonly calls: string[];
  /** The `runner` member of every event that was put. */
  readonly published: Readonly<Record<string, unknown>>[];
  /** What Secrets Manager gives out from now on; null lets the read fail. */
  setSecret(secret: Readonly<Record<string, unknown>> | null): void;
  /** Whether setup has written the OAuth client's secret. */
  setOAuthSecretWritten(written: boolean): void;
  /** Lets GitHub's clock, and all it checks, run that much ahead of this process's. */
  moveGithubClock(ms: number): void;
  /** A delivery of a job queued now, as its body. */
  queued(jobId: string): string;
  close(): Promise<void>;
}

const OAUTH_SECRET_ID = "baton/oauth";
export const WEBHOOK_SECRET = "a webhook secret";

export function anRsaKey(): { readonly publicKey: string; readonly privateKey: string } {
  return generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
}

export function signatureOf(body: string, secret = WEBHOOK_SECRET): string {
  return `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`;
}

/** GitHub and AWS on 127.0.0.1, for a bundle that runs as a process of its own. App 7 is installed on the organization acme. */
export async function aDeployedWorld(): Promise<DeployedWorld> {
  const key = anRsaKey();
  const calls: string[] = [];
  const published: Record<string, unknown>[] = [];
  let ahead = 0;
  let oauthSecretWritten = true;
  let secret: Readonly<Record<string, unknown>> | null = { appId: 7, privateKey: key.privateKey, webhookSecret: WEBHOOK_SECRET };
  const github = await startGithubSimulator({ app: { id: 7, publicKeyPem: key.publicKey, webhookSecret: WEBHOOK_SECRET }, now: () => Date.now() + ahead });
  const { installationId } = github.addOrganization({ login: "acme", repositories: [{ name: "shop", visibility: "private" }] });
  const dynamoDb = await startEmbeddedDynamoDb({ tableName: "jobs" });
  const aws = await startAwsEndpoint({
    operations: {
      "secretsmanager.GetSecretValue": async (input) => {
        calls.push("secret");
        if ((input as { SecretId: string }).SecretId === OAUTH_SECRET_ID) {
          if (!oauthSecretWritten) throw new AwsError("ResourceNotFoundException", "Secrets Manager can't find the specified secret value for staging label: AWSCURRENT", 400);
          return { SecretString: JSON.stringify(github.oauthClient()) };
        }
        if (secret === null) throw new AwsError("InternalServiceError", "try later", 500);
        return { SecretString: JSON.stringify(secret) };
      },
      "TrentService.Encrypt": async (input) => {
        calls.push("encrypt");
        return { CiphertextBlob: Buffer.from(JSON.stringify((input as { EncryptionContext: unknown }).EncryptionContext)).toString("base64") };
      },
      "AWSEvents.PutEvents": async (input) => {
        calls.push("put");
        for (const { Detail } of (input as { Entries: { Detail: string }[] }).Entries) published.push((JSON.parse(Detail) as { runner: Record<string, unknown> }).runner);
        return { FailedEntryCount: 0, Entries: [{ EventId: "1" }] };
      },
      "AmazonEC2ContainerServiceV20141113.ListTasks": async () => {
        calls.push("list-tasks");
        return { taskArns: [] };
      },
    },
  });
  return {
    github,
    calls,
    published,
    environment: {
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
      RUNNER_CLUSTER: "baton",
      OAUTH_SECRET_ID,
      DEPLOYMENT_NAME: "BatonTest",
    },
    setSecret: (given) => (secret = given),
    setOAuthSecretWritten: (written) => (oauthSecretWritten = written),
    moveGithubClock: (ms) => (ahead += ms),
    queued: (jobId) =>
      JSON.stringify(
        aWorkflowJobEvent("queued", { jobId, name: "größe", createdAt: Date.now() + ahead, installationId: String(installationId), webOrigin: github.origin }).payload,
      ),
    async close() {
      await aws.close();
      await dynamoDb.close();
      await github.close();
    },
  };
}
