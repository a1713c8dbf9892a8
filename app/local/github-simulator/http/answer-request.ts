import { createHash, type KeyObject } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { countRequest, readPrimaryRate, type RateKey } from "../state/rate-limits.ts";
import { notFound, Refusal } from "../state/refusal.ts";
import type { StateKeeper } from "../state-keeper.ts";
import { authenticate, rateKey } from "./authenticate.ts";
import type { FindRoute } from "./route.ts";

export interface RawRequest {
  readonly method: string;
  /** Without `/api/v3`. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly gone: AbortSignal;
}

export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface AnswerOptions {
  readonly keeper: StateKeeper;
  readonly findRoute: FindRoute;
  readonly appKey: () => KeyObject;
  readonly now: () => number;
}

/** Finds the route, checks who calls and how often, and gives the answer in GitHub's form. Never rejects. */
export function createAnswerRequest({ keeper: { state, change }, findRoute, appKey, now }: AnswerOptions): (request: RawRequest) => Promise<RawAnswer> {
  return async (request) => {
    let key: RateKey | null = null;
    let conditional = false;
    try {
      const found = findRoute(request.method, request.path);
      if (!found) throw request.path.startsWith("/_simulator") ? new Refusal(404, `There is no ${request.method} ${request.path}; GET /_simulator tells what there is.`) : notFound();
      const { route, params } = found;
      const rest = route.access !== "runner" && route.access !== "control";
      if (rest) key = "anonymous";
      const caller = await authenticate(state, appKey(), { access: route.access, users: route.users === true, authorization: request.headers.authorization }, now());
      if (rest) {
        const whose = (key = rateKey(caller));
        // GitHub docs: asking for it does not count.
        if (route.path !== "/rate_limit") change((_, at) => countRequest(state, whose, route.method, route.path, at));
      }
      const answer = await route.handle({ ...request, params, caller });
      conditional = rest && route.method === "GET" && answer.status === 200;
      if (answer.text !== undefined) return { status: answer.status, headers: { ...answer.headers, "content-type": "text/plain; charset=utf-8" }, body: answer.text };
      if (answer.html !== undefined) return { status: answer.status, headers: { ...answer.headers, "content-type": "text/html; charset=utf-8" }, body: answer.html };
      return finish(answer.status, answer.body === undefined ? null : JSON.stringify(answer.body), answer.headers);
    } catch (error) {
      return refuse(error, request.path);
    }

    function finish(status: number, body: string | null, headers: Readonly<Record<string, string>> = {}): RawAnswer {
      const type: Record<string, string> = body === null ? {} : { "content-type": "application/json; charset=utf-8" };
      const all = { ...type, ...gitHubHeaders(key), ...headers };
      if (!conditional || body === null) return { status, headers: all, body: body ?? "" };
      const etag = `W/"${createHash("sha256").update(body).digest("hex")}"`;
      const known = request.headers["if-none-match"]?.split(",").some((tag) => tag.trim() === etag);
      return known ? { status: 304, headers: { ...all, etag }, body: "" } : { status, headers: { ...all, etag }, body };
    }

    function refuse(error: unknown, path: string): RawAnswer {
      conditional = false;
      if (!(error instanceof Refusal)) {
        const stack = error instanceof Error ? error.stack : String(error);
        return finish(500, JSON.stringify({ message: `The simulator is at fault: ${stack}`, status: "500" }));
      }
      return refusalAnswer(error, finish, path);
    }
  };

  function gitHubHeaders(key: RateKey | null): Record<string, string> {
    const headers = { "x-github-request-id": state.random.hex(24).toUpperCase(), "x-github-media-type": "github.v3; format=json" };
    return key === null ? headers : { ...headers, ...rateHeaders(key) };
  }

  function rateHeaders(key: RateKey): Record<string, string> {
    const { limit, used, remaining, resetAt } = readPrimaryRate(state, key, now());
    return {
      "x-ratelimit-limit": String(limit),
      "x-ratelimit-remaining": String(remaining),
      "x-ratelimit-used": String(used),
      "x-ratelimit-reset": String(Math.ceil(resetAt / 1000)),
      "x-ratelimit-resource": "core",
    };
  }
}

/** GitHub's error body and headers. */
export function refusalAnswer(
  { status, message, facts }: Refusal,
  finish: (status: number, body: string, headers: Readonly<Record<string, string>>) => RawAnswer,
  path: string,
): RawAnswer {
  const documentation = "https://docs.github.com/rest";
  const body = path.startsWith("/_")
    ? { message }
    : { message, ...(facts.errors ? { errors: facts.errors } : {}), documentation_url: documentation, status: String(status) };
  return finish(status, JSON.stringify(body), {
    ...(facts.retryAfterSeconds === undefined ? {} : { "retry-after": String(facts.retryAfterSeconds) }),
    ...(facts.exhausted === true ? { "x-ratelimit-remaining": "0" } : {}),
  });
}
