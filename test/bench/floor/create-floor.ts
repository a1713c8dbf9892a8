/**
 * What a launch costs at the least: a hand-written function that verifies, mints and publishes, and nothing else. No Probot, no Octokit, no
 * parsing by schema, no record, no seal (so a credential in the clear: never deploy it). EventBridge and Secrets Manager by their SDK
 * clients, GitHub by node:https. The bench sets Baton's function beside it.
 *
 * `claim` and `seal` are two more AWS calls for a comparison of warm launches.
 */
import { EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { createHmac, createSign, timingSafeEqual } from "node:crypto";
import { Agent as HttpAgent, request as httpRequest } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";

interface FunctionUrlEvent {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly isBase64Encoded: boolean;
}

interface Token {
  readonly token: string;
  readonly expires_at: string;
}

const environment = process.env;
const api = environment["GITHUB_API_URL"] ?? "https://api.github.com";
const secrets = new SecretsManagerClient();
const events = new EventBridgeClient();
const agents = { http: new HttpAgent({ keepAlive: true }), https: new HttpsAgent({ keepAlive: true }) };

interface AppSecret {
  readonly appId: number;
  readonly privateKey: string;
  readonly webhookSecret: string;
}
let secret: Promise<AppSecret> | undefined;
const tokens = new Map<number, Token>();

function post(path: string, authorization: string, body: object): Promise<Token> {
  const url = new URL(`${api}${path}`);
  const secure = url.protocol === "https:";
  const text = JSON.stringify(body);
  const headers = { authorization, accept: "application/vnd.github+json", "user-agent": "floor", "content-type": "application/json", "content-length": Buffer.byteLength(text) };
  const options = { method: "POST", headers, agent: secure ? agents.https : agents.http };
  return new Promise((resolve, reject) => {
    const outgoing = (secure ? httpsRequest : httpRequest)(url, options, (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
      incoming.on("end", () => resolve(JSON.parse(Buffer.concat(chunks).toString("utf8")) as Token));
    });
    outgoing.on("error", reject);
    outgoing.end(text);
  });
}

function appJwt({ appId, privateKey }: AppSecret): string {
  const now = Math.floor(Date.now() / 1000);
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const message = `${encode({ alg: "RS256", typ: "JWT" })}.${encode({ iat: now - 60, exp: now + 540, iss: appId })}`;
  return `${message}.${createSign("RSA-SHA256").update(message).sign(privateKey, "base64url")}`;
}

async function installationToken(app: AppSecret, installation: number): Promise<string> {
  const known = tokens.get(installation);
  if (known && Date.parse(known.expires_at) - Date.now() > 60_000) return known.token;
  const fresh = await post(`/app/installations/${installation}/access_tokens`, `Bearer ${appJwt(app)}`, { permissions: { organization_self_hosted_runners: "write" } });
  tokens.set(installation, fresh);
  return fresh.token;
}

export interface FurtherCalls {
  claim(jobId: number, payload: object): Promise<unknown>;
  seal(credential: string): Promise<string>;
}

export const createFloor = (further?: FurtherCalls) => async (event: FunctionUrlEvent): Promise<{ statusCode: number; body: string }> => {
  secret ??= secrets.send(new GetSecretValueCommand({ SecretId: environment["GITHUB_APP_SECRET_ID"] })).then((answer) => JSON.parse(answer.SecretString ?? "") as AppSecret);
  const app = await secret;
  const body = Buffer.from(event.body, event.isBase64Encoded ? "base64" : "utf8");
  const expected = Buffer.from(`sha256=${createHmac("sha256", app.webhookSecret).update(body).digest("hex")}`);
  const given = Buffer.from(event.headers["x-hub-signature-256"] ?? "");
  if (expected.length !== given.length || !timingSafeEqual(expected, given)) return { statusCode: 401, body: "{}" };

  const payload = JSON.parse(body.toString("utf8")) as {
    action: string;
    workflow_job: { id: number };
    installation: { id: number };
    organization: { login: string };
  };
  if (event.headers["x-github-event"] !== "workflow_job" || payload.action !== "queued") return { statusCode: 202, body: "{}" };
  await further?.claim(payload.workflow_job.id, payload);
  const minted = await post(
    `/orgs/${payload.organization.login}/actions/runners/registration-token`,
    `token ${await installationToken(app, payload.installation.id)}`,
    {},
  );
  const credential = further ? await further.seal(minted.token) : minted.token;
  const published = await events.send(
    new PutEventsCommand({
      Entries: [
        {
          EventBusName: environment["EVENT_BUS_NAME"],
          Source: "github.com",
          DetailType: "workflow_job",
          Detail: JSON.stringify({ ...payload, runner: { decision: "launch", credential } }),
        },
      ],
    }),
  );
  if (published.FailedEntryCount !== 0) return { statusCode: 500, body: "{}" };
  return { statusCode: 202, body: '{"decision":"launch"}' };
};
