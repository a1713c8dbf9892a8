import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { html } from "hono/html";

export type AwsInput = Readonly<Record<string, unknown>>;

/** Throw it from an operation: AWS's error of that code. */
export class AwsRefusal extends Error {
  readonly code: string;
  readonly status: number;

  constructor(code: string, message: string, status = 400) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

export interface AwsCall {
  readonly operation: string;
  readonly input: AwsInput;
}

export interface AwsAccount {
  readonly url: string;
  /** All calls, in order, and what they brought. */
  readonly calls: readonly AwsCall[];
  /** What an operation answers from now on. */
  on(operation: string, answer: (input: AwsInput) => unknown): void;
  callsOf(operation: string): readonly AwsInput[];
  /** For a process or client that shall find this account. */
  readonly environment: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/** Lambda and its like have a path per operation. */
const REST: readonly (readonly [method: string, path: RegExp, operation: string])[] = [
  ["GET", /^\/2016-08-19\/account-settings\/?$/, "GetAccountSettings"],
  ["GET", /^\/2015-03-31\/functions\/(?<FunctionName>[^/]+)\/configuration$/, "GetFunctionConfiguration"],
];

/**
 * AWS on 127.0.0.1, in the three protocols that the operator's clients speak: Query (XML), JSON and REST. An operation that no test has told
 * what to answer is refused, and named.
 */
export async function startAwsAccount(operations: Readonly<Record<string, (input: AwsInput) => unknown>> = {}): Promise<AwsAccount> {
  const calls: AwsCall[] = [];
  const answers = new Map(Object.entries(operations));

  const server = createServer(async (request, response) => {
    const { operation, input, protocol } = await read(request);
    calls.push({ operation, input });
    try {
      if (request.headers.authorization?.startsWith("AWS4-HMAC-SHA256 ") !== true) throw new AwsRefusal("MissingAuthenticationToken", "Missing Authentication Token", 403);
      const answer = answers.get(operation);
      if (!answer) throw new AwsRefusal("UnknownOperationException", `nothing was said of ${operation}`);
      const result = (await answer(input)) ?? {};
      if (protocol === "query") {
        response.writeHead(200, { "content-type": "text/xml" });
        response.end(`<${operation}Response><${operation}Result>${xml(result)}</${operation}Result><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></${operation}Response>`);
      } else {
        response.writeHead(200, { "content-type": protocol === "json" ? "application/x-amz-json-1.1" : "application/json" });
        response.end(JSON.stringify(result));
      }
    } catch (error) {
      const { code, message, status } = error instanceof AwsRefusal ? error : new AwsRefusal("InternalFailure", String(error), 500);
      response.writeHead(status, { "content-type": protocol === "query" ? "text/xml" : "application/x-amz-json-1.1", "x-amzn-errortype": code });
      response.end(
        protocol === "query"
          ? `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${escaped(message)}</Message></Error><RequestId>r</RequestId></ErrorResponse>`
          : JSON.stringify({ __type: code, message }),
      );
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  return {
    url,
    calls,
    on: (operation, answer) => void answers.set(operation, answer),
    callsOf: (wanted) => calls.filter(({ operation }) => operation === wanted).map(({ input }) => input),
    environment: {
      AWS_ENDPOINT_URL: url,
      AWS_REGION: "eu-west-1",
      AWS_ACCESS_KEY_ID: "AKIDEXAMPLE",
      AWS_SECRET_ACCESS_KEY: "example",
      AWS_EC2_METADATA_DISABLED: "true",
      AWS_MAX_ATTEMPTS: "1",
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function read(request: IncomingMessage): Promise<AwsCall & { protocol: "query" | "json" | "rest" }> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks).toString("utf8");
  const target = request.headers["x-amz-target"];
  if (typeof target === "string") return { operation: target.slice(target.lastIndexOf(".") + 1), input: JSON.parse(body) as AwsInput, protocol: "json" };
  const { pathname } = new URL(request.url ?? "/", "http://aws");
  for (const [method, path, operation] of REST) {
    const found = request.method === method ? path.exec(pathname) : null;
    if (found) return { operation, input: { ...found.groups }, protocol: "rest" };
  }
  const form = new URLSearchParams(body);
  const { Action, Version: _, ...input } = Object.fromEntries(form);
  return { operation: Action ?? `${request.method} ${pathname}`, input, protocol: "query" };
}

function xml(value: unknown): string {
  if (Array.isArray(value)) return value.map((item) => `<member>${xml(item)}</member>`).join("");
  if (value instanceof Date) return value.toISOString();
  if (typeof value === "object" && value !== null) return Object.entries(value).map(([name, member]) => (member === undefined ? "" : `<${name}>${xml(member)}</${name}>`)).join("");
  return escaped(String(value));
}

function escaped(text: string): string {
  return String(html`${text}`);
}
