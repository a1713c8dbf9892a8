import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { misbehaviourOfRequest } from "../state/misbehaviours.ts";
import type { StateKeeper } from "../state-keeper.ts";
import type { RawAnswer, RawRequest } from "./answer-request.ts";
import { misbehave, type MaybeAnswer } from "./misbehave.ts";
import type { RequestRecord } from "./request-record.ts";

export interface RequestListenerOptions {
  readonly keeper: StateKeeper;
  readonly now: () => number;
  readonly answerRequest: (request: RawRequest) => Promise<RawAnswer>;
  readonly onRequest: (record: RequestRecord) => void;
}

/** A job's log comes in pieces far smaller than this. */
const LONGEST_BODY = 8 * 1024 * 1024;

/** Between the wire and the routes: reads, lets the simulator misbehave, writes, tells. */
export function createRequestListener({ keeper, now, answerRequest, onRequest }: RequestListenerOptions): RequestListener {
  return (incoming, response) => {
    void serve(incoming, response);
  };

  async function serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const startedAt = now();
    const left = new AbortController();
    response.once("close", () => left.abort());
    // Not resolved against the origin, where a path of "//" would be the name of another host.
    const address = `${keeper.state.origin}${incoming.url ?? "/"}`;
    if (!URL.canParse(address)) return void response.writeHead(400).end();
    const { pathname, searchParams } = new URL(address);
    const method = incoming.method ?? "GET";
    const text = await readText(incoming);
    if (text === null) return void response.destroy();
    const path = pathname.replace(/^\/api\/v3(?=\/)/, "");
    const request: RawRequest = { method, path, query: searchParams, headers: incoming.headers, text, gone: left.signal };
    // The simulator's own controls always work.
    const rule = path.startsWith("/_simulator") ? null : misbehaviourOfRequest(keeper.state, method, path);
    const answer = rule ? await misbehave(rule, { path, gone: left.signal, now: startedAt }, () => answerRequest(request)) : await answerRequest(request);
    const answered = write(response, answer);
    onRequest({
      method,
      path: pathname,
      query: searchParams.toString(),
      requestHeaders: incoming.headers,
      requestBody: text,
      status: answered?.status ?? 0,
      responseHeaders: answered?.headers ?? {},
      responseBody: answered?.body ?? "",
      startedAt,
      durationMs: now() - startedAt,
      misbehaviour: rule?.do ?? null,
    });
  }
}

/** What was written; null when nobody was there to read it. */
function write(response: ServerResponse, answer: MaybeAnswer): MaybeAnswer {
  if (response.destroyed) return null;
  if (!answer) {
    response.socket?.resetAndDestroy();
    return null;
  }
  const { status, headers, body } = answer;
  response.writeHead(status, status === 204 || status === 304 ? headers : { ...headers, "content-length": Buffer.byteLength(body) });
  response.end(status === 204 || status === 304 ? undefined : body);
  return answer;
}

/** null when the client left in the middle, or sends too much. */
async function readText(incoming: IncomingMessage): Promise<string | null> {
  const pieces: Buffer[] = [];
  let size = 0;
  try {
    for await (const piece of incoming) {
      pieces.push(piece as Buffer);
      size += (piece as Buffer).length;
      if (size > LONGEST_BODY) return null;
    }
  } catch {
    return null;
  }
  return Buffer.concat(pieces).toString("utf8");
}
