import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { until } from "./until.ts";

export interface StubJob {
  readonly id: string;
  readonly name: string;
  readonly repository: string;
  readonly run_id: number;
  readonly workflow: string;
  readonly steps: readonly { readonly name?: string; readonly run: string }[];
  readonly env?: Readonly<Record<string, string>>;
}

export interface StubRequest {
  readonly method: string;
  readonly path: string;
  readonly authorization: string;
  readonly body: string;
}

export interface StubAnswer {
  readonly status: number;
  readonly body?: unknown;
}

/** What the service was told of one job. */
export interface StubJobReport {
  started: boolean;
  log: string;
  conclusion: string | null;
}

/**
 * GitHub's runner service as the stand-in agent sees it, for one runner: the smallest thing that speaks the protocol. An answer given by
 * `answerWith` takes the place of the usual one for paths that match, as often as asked.
 */
export class RunnerServiceStub {
  readonly origin: string;
  readonly requests: StubRequest[] = [];
  readonly reports = new Map<string, StubJobReport>();
  readonly token: string = "AREGISTRATIONTOKENOFTHISTEST";
  readonly sessionSecret: string = "a-session-secret-of-this-test";
  readonly #jobs: StubJob[] = [];
  readonly #cancelled = new Set<string>();
  readonly #polls = new Set<ServerResponse>();
  readonly #overrides: { readonly method: string; readonly path: RegExp; readonly answer: StubAnswer; left: number }[] = [];
  readonly #hanging: RegExp[] = [];
  readonly #close: () => Promise<void>;

  constructor(origin: string, close: () => Promise<void>) {
    this.origin = origin;
    this.#close = close;
  }

  queue(job: Partial<StubJob> & Pick<StubJob, "steps">): string {
    const id = job.id ?? "8123456789";
    this.reports.set(id, { started: false, log: "", conclusion: null });
    this.#jobs.push({ name: "build", repository: "acme/shop", run_id: 77, workflow: "ci", ...job, id });
    this.#offerJob();
    return id;
  }

  cancel(jobId: string): void {
    this.#cancelled.add(jobId);
  }

  answerWith(method: string, path: RegExp, answer: StubAnswer, times = Infinity): void {
    this.#overrides.push({ method, path, answer, left: times });
    // A poll that hangs already shall see it, too.
    for (const poll of this.#polls) {
      if (method === "GET" && path.test("/_services/sessions/1/messages")) send(poll, answer);
    }
  }

  /** Requests to such paths get no answer. */
  hang(path: RegExp): void {
    this.#hanging.push(path);
  }

  requestsTo(path: RegExp): StubRequest[] {
    return this.requests.filter((request) => path.test(request.path));
  }

  async untilLogged(jobId: string, text: string, deadlineMs?: number): Promise<void> {
    await until(`"${text}" in the job's log`, () => this.reports.get(jobId)?.log.includes(text) ?? false, deadlineMs);
  }

  async untilRequested(path: RegExp): Promise<void> {
    await until(`a request to ${path.source}`, () => this.requestsTo(path).length > 0);
  }

  async untilListening(): Promise<void> {
    await until("a session that polls", () => this.#polls.size > 0);
  }

  close(): Promise<void> {
    return this.#close();
  }

  answer(request: StubRequest, response: ServerResponse): void {
    this.requests.push(request);
    if (this.#hanging.some((path) => path.test(request.path))) return;
    const override = this.#overrides.find((rule) => rule.left > 0 && rule.method === request.method && rule.path.test(request.path));
    if (override) {
      override.left -= 1;
      send(response, override.answer);
      return;
    }
    const [, jobId, what] = /^\/_services\/jobs\/([^/]+)\/(\w+)$/.exec(request.path) ?? [];
    const route = `${request.method} ${request.path.replace(/^\/api\/v3/, "")}`;
    if (route === "POST /actions/runner-registration") {
      const allowed = request.authorization === `RemoteAuth ${this.token}`;
      if (!allowed) send(response, { status: 404, body: { message: "Not Found", status: "404" } });
      else send(response, { status: 200, body: { url: this.origin, token: "an-access-token", token_schema: "OAuthAccessToken" } });
    } else if (route === "POST /_services/runners") {
      send(response, { status: 201, body: { id: 23, session_secret: this.sessionSecret } });
    } else if (route === "DELETE /_services/runners/23") {
      send(response, { status: 204 });
    } else if (request.authorization !== `Bearer ${this.sessionSecret}`) {
      send(response, { status: 401, body: { message: "Bad credentials" } });
    } else if (route === "POST /_services/runners/23/sessions") {
      send(response, { status: 201, body: { session_id: "1" } });
    } else if (route === "GET /_services/sessions/1/messages") {
      this.#polls.add(response);
      response.on("close", () => this.#polls.delete(response));
      this.#offerJob();
    } else if (route === "DELETE /_services/sessions/1") {
      send(response, { status: 204 });
    } else if (jobId !== undefined && what !== undefined) {
      this.#answerAboutJob(jobId, what, request, response);
    } else {
      send(response, { status: 404, body: { message: "Not Found" } });
    }
  }

  #answerAboutJob(jobId: string, what: string, request: StubRequest, response: ServerResponse): void {
    const report = this.reports.get(jobId);
    if (!report) {
      send(response, { status: 404, body: { message: "Not Found" } });
      return;
    }
    if (what === "state") {
      send(response, { status: 200, body: { state: "in_progress", cancel_requested: this.#cancelled.has(jobId) } });
      return;
    }
    if (what === "started") report.started = true;
    if (what === "logs") report.log += request.body;
    if (what === "finished") report.conclusion = (JSON.parse(request.body) as { conclusion: string }).conclusion;
    send(response, { status: 204 });
  }

  #offerJob(): void {
    const [poll] = this.#polls;
    if (!poll) return;
    const job = this.#jobs.shift();
    if (job) send(poll, { status: 200, body: { job } });
  }
}

function send(response: ServerResponse, { status, body }: StubAnswer): void {
  response.writeHead(status, body === undefined ? {} : { "content-type": "application/json" });
  response.end(body === undefined ? undefined : JSON.stringify(body));
}

export async function startRunnerServiceStub(): Promise<RunnerServiceStub> {
  const server = createServer((request, response) => {
    void readBody(request).then((body) =>
      stub.answer({ method: request.method ?? "", path: request.url ?? "", authorization: request.headers.authorization ?? "", body }, response),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const stub = new RunnerServiceStub(`http://127.0.0.1:${port}`, async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return stub;
}

async function readBody(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  return Buffer.concat(pieces).toString("utf8");
}
