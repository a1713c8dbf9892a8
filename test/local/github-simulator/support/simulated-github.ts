import type { GithubSimulator, GithubSimulatorOptions } from "../../../../app/local/github-simulator/github-simulator.ts";
import { startGithubSimulator } from "../../../../app/local/github-simulator/start-github-simulator.ts";
import { anAppJwt, APP_ID, publicKeyPem, WEBHOOK_SECRET } from "./app-key.ts";

/** Of any shape: the tests say which. */
export type Json = ReturnType<typeof JSON.parse>;

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Json;
}

export interface SimulatedGithub {
  readonly github: GithubSimulator;
  readonly installationId: number;
  /** Moves the simulator's clock; real time stands still for it. */
  pass(milliseconds: number): void;
  /** `path` begins after `/api/v3`; a bare path goes to the web origin when it begins with `/_`. */
  call(method: string, path: string, options?: CallOptions): Promise<Reply>;
  /** As the App, by JWT. */
  asApp(method: string, path: string, body?: unknown): Promise<Reply>;
  /** An installation token, narrowed as asked. */
  token(request?: unknown): Promise<string>;
  /** As the installation, with all its permissions. */
  asInstallation(method: string, path: string, body?: unknown): Promise<Reply>;
}

export interface CallOptions {
  readonly authorization?: string;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
  readonly signal?: AbortSignal;
}

const START = Date.parse("2026-01-01T00:00:00Z");

/** A simulator with the organization `acme` (private `shop` and `site`, public `docs`) and a clock that only the test moves. */
export async function startSimulatedGithub(options: Partial<Omit<GithubSimulatorOptions, "now">> = {}): Promise<SimulatedGithub> {
  let now = START;
  const github = await startGithubSimulator({
    app: { id: APP_ID, clientId: "Iv23limneopqrst", publicKeyPem, webhookSecret: WEBHOOK_SECRET },
    now: () => now,
    seed: "test",
    ...options,
    times: { poll: 2_000, ...options.times },
  });
  const { installationId } = github.addOrganization({
    login: "acme",
    repositories: [
      { name: "shop", visibility: "private" },
      { name: "site", visibility: "private" },
      { name: "docs", visibility: "public" },
    ],
    permissions: { organization_self_hosted_runners: "write", administration: "write", actions: "read", metadata: "read" },
  });
  const call: SimulatedGithub["call"] = async (method, path, { authorization, body, headers = {}, signal } = {}) => {
    const response = await fetch(path.startsWith("/_") ? `${github.origin}${path}` : `${github.apiUrl}${path}`, {
      method,
      redirect: "manual",
      headers: { ...(authorization === undefined ? {} : { authorization }), ...headers },
      body: body === undefined ? null : typeof body === "string" ? body : JSON.stringify(body),
      ...(signal === undefined ? {} : { signal }),
    });
    const text = await response.text();
    const isJson = response.headers.get("content-type")?.startsWith("application/json") === true && text !== "";
    return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
  };
  const asApp: SimulatedGithub["asApp"] = async (method, path, body) => call(method, path, { authorization: `Bearer ${await anAppJwt(now)}`, body });
  const token: SimulatedGithub["token"] = async (request = {}) => {
    const { status, body } = await asApp("POST", `/app/installations/${installationId}/access_tokens`, request);
    if (status !== 201) throw new Error(`no installation token: ${status} ${JSON.stringify(body)}`);
    return body.token;
  };
  return {
    github,
    installationId,
    call,
    asApp,
    token,
    pass(milliseconds) {
      now += milliseconds;
      github.advance();
    },
    asInstallation: async (method, path, body) => call(method, path, { authorization: `token ${await token()}`, body }),
  };
}
