/** The composition root of the admin function: the pages behind a Lambda Function URL. */
import { handle, type LambdaEvent } from "hono/aws-lambda";
import pino from "pino";
import { createAdminApp } from "./admin/create-admin-app.ts";
import { createAdminClients } from "./aws/admin-clients.ts";
import { createConsoleLinks } from "./aws/console-links.ts";
import { createEcsClient } from "./aws/ecs-client.ts";
import { createEmbeddedMetrics } from "./aws/embedded-metrics.ts";
import { createDynamoImageRecordStore } from "./aws/image-record-store.ts";
import { createDynamoJobStore } from "./aws/job-store.ts";
import { createOAuthSecret } from "./aws/oauth-secret.ts";
import { createDynamoPeopleStores } from "./aws/people-stores.ts";
import { createEcsRunnerTasks } from "./aws/runner-tasks.ts";
import { readAdminFunctionConfig } from "./config.ts";
import { createKeepAliveFetch } from "./keep-alive-fetch.ts";
import { createAdminWorld } from "./main.admin-world.ts";

/** A person waits; one page makes several calls, most of them side by side. */
const CALL_TIMEOUT_MS = 2_000;

const config = readAdminFunctionConfig();
const clock = Date.now;
const log = pino({ level: config.logLevel, base: null }, pino.destination({ sync: true }));
const fetch = createKeepAliveFetch();
const aws = createAdminClients({ fetch, endpoints: config.awsEndpoints, tryTimeoutMs: CALL_TIMEOUT_MS / 2 });
const table = { client: aws.dynamoDb, tableName: config.jobsTable, callTimeoutMs: CALL_TIMEOUT_MS, log };
const app = createAdminApp(
  createAdminWorld({
    ...createDynamoPeopleStores(table),
    store: createDynamoJobStore(table),
    images: createDynamoImageRecordStore(table),
    tasks: createEcsRunnerTasks({ client: createEcsClient({ tryTimeoutMs: CALL_TIMEOUT_MS / 2 }), cluster: config.cluster, clock, callTimeoutMs: CALL_TIMEOUT_MS }),
    fetch,
    github: config.github,
    profiles: config.profiles,
    runnerNamePrefix: config.runnerNamePrefix,
    oauth: createOAuthSecret({ client: aws.secretsManager, secretId: config.oauthSecretId, clock, callTimeoutMs: CALL_TIMEOUT_MS, log }),
    oauthAdvice: `Run npm run setup -- --stack ${config.deployment}, which writes it to the stack's secret.`,
    // Lambda's own word, not a header, which anybody can send.
    clientAddress: (context) => (context.env as { event?: FunctionUrlRequest } | undefined)?.event?.requestContext?.http?.sourceIp ?? "unknown",
    links: createConsoleLinks(config),
    deployment: config.deployment,
    putMetrics: createEmbeddedMetrics({ namespace: config.metricsNamespace, clock, write: (line) => process.stdout.write(`${line}\n`) }),
    clock,
    log,
  }),
);
const answer = handle(app);

/** Of hono's adapter such a one would get an answer without the headers that all others have. */
const NO_REQUEST = {
  statusCode: 400,
  headers: { "content-type": "text/plain; charset=utf-8", "cache-control": "no-store", "content-security-policy": "default-src 'none'", "x-content-type-options": "nosniff" },
  body: "This is no request of a Function URL.\n",
};

interface FunctionUrlRequest {
  readonly body?: string;
  readonly rawPath?: string;
  readonly rawQueryString?: string;
  readonly requestContext?: { readonly domainName?: string; readonly http?: { readonly method?: string; readonly sourceIp?: string } };
}

/** Two parameters: nodejs24.x takes a third for a callback, which it has no more. */
export async function handler(event: FunctionUrlRequest, _context: unknown): Promise<object> {
  const { domainName, http: { method } = {} } = event.requestContext ?? {};
  if (method === undefined || !URL.canParse(`https://${domainName}${event.rawPath}?${event.rawQueryString}`)) return NO_REQUEST;
  // The Fetch API has no GET with a body, and hono would fail before it could answer.
  const { body, ...rest } = event;
  const plain = body === undefined || method === "GET" || method === "HEAD" ? rest : event;
  return answer(plain as unknown as LambdaEvent);
}
