/** The world of the bench in a process of its own: GitHub and four AWS services, each answering after a set time. Counts what it is asked. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";

export interface StubLatency {
  /** Per call, milliseconds. */
  readonly aws: number;
  readonly github: number;
}

/** What the parent sends; the answer is the port at first, and the counts since the last message after that. */
export interface StubOrder {
  readonly latency: StubLatency;
  /** The text that Secrets Manager gives out. */
  readonly secret: string;
}

export type StubCounts = Readonly<Record<string, number>>;

let latency: StubLatency = { aws: 0, github: 0 };
let secret = "";
let counts: Record<string, number> = {};

const inAnHour = () => new Date(Date.now() + 3_600_000).toISOString().replace(/\.\d+Z$/, "Z");

const AWS_ANSWERS: Readonly<Record<string, (input: { readonly [member: string]: unknown }) => object>> = {
  "secretsmanager.GetSecretValue": () => ({ Name: "baton/app", SecretString: secret }),
  "DynamoDB_20120810.PutItem": () => ({}),
  "DynamoDB_20120810.GetItem": () => ({}),
  // A minute that nobody else mints in.
  "DynamoDB_20120810.UpdateItem": () => ({ Attributes: { minute: { N: String(Math.floor(Date.now() / 60_000)) }, used: { N: "1" } } }),
  // As long as KMS's: the ciphertext of a token.
  "TrentService.Encrypt": () => ({ CiphertextBlob: Buffer.alloc(220, 7).toString("base64"), KeyId: "arn:aws:kms:us-east-1:000000000000:key/1" }),
  "AWSEvents.PutEvents": () => ({ FailedEntryCount: 0, Entries: [{ EventId: "11710aed-b79e-4468-a20b-bb3c0c3b4860" }] }),
};

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const target = request.headers["x-amz-target"];
  if (typeof target === "string") {
    counts[target] = (counts[target] ?? 0) + 1;
    if (latency.aws > 0) await delay(latency.aws);
    const make = AWS_ANSWERS[target];
    const body = JSON.stringify(make ? make({}) : { __type: "UnknownOperationException" });
    response.writeHead(make ? 200 : 400, { "content-type": "application/x-amz-json-1.1", "content-length": Buffer.byteLength(body) });
    response.end(body);
    return;
  }
  counts["github"] = (counts["github"] ?? 0) + 1;
  if (latency.github > 0) await delay(latency.github);
  const url = request.url ?? "";
  const body = url.endsWith("/access_tokens")
    ? { token: "ghs_bench", expires_at: inAnHour(), permissions: { organization_self_hosted_runners: "write" }, repository_selection: "all" }
    : { token: "AABENCHTOKEN", expires_at: inAnHour() };
  response.writeHead(201, { "content-type": "application/json; charset=utf-8" });
  response.end(JSON.stringify(body));
}

const server = createServer({ keepAlive: true, keepAliveTimeout: 60_000 }, (request, response) => {
  answer(request, response).catch((error: unknown) => response.destroy(error as Error));
});
server.listen(0, "127.0.0.1", () => process.send?.({ port: (server.address() as AddressInfo).port }));

process.on("message", (order: StubOrder) => {
  ({ latency, secret } = order);
  process.send?.({ counts });
  counts = {};
});
process.on("disconnect", () => process.exit(0));
