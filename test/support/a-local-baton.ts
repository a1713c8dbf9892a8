import { createHmac, generateKeyPairSync, randomUUID } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { searchPath, type LocalApp } from "../../app/config.ts";
import type { LaunchRunner, NoticeRunner } from "../../app/core/launch-event.ts";
import type { BusEnvelope } from "../../app/local/event-bus/put-events.ts";
import type { GithubSimulator } from "../../app/local/github-simulator/github-simulator.ts";
import { startGithubSimulator } from "../../app/local/github-simulator/start-github-simulator.ts";
import { processContainers } from "../../app/local/task-launcher/launch-process.ts";
import type { StartContainer } from "../../app/local/task-launcher/task-launcher.ts";
import { startControlPlane, type LocalControlPlane } from "../../app/main.local.ts";
import { createRecordingLog, type RecordingLog } from "./recording-log.ts";
import { aPolicy, type ProfileInput } from "./test-profiles.ts";
import { watchSecrets, type SecretsWatch } from "./watch-secrets.ts";

export interface LocalBaton {
  readonly github: GithubSimulator;
  /** Another one after `restart`. */
  readonly plane: LocalControlPlane;
  /** The App's keys, as the control plane has them. */
  readonly app: LocalApp;
  readonly installationId: number;
  readonly log: RecordingLog;
  readonly events: readonly BusEnvelope[];
  /** Of the tasks' logs and work. */
  readonly directory: string;
  /** For `expectSecrecy`. */
  readonly watch: SecretsWatch;
  /** Queues jobs of one workflow of `acme/shop` at GitHub. */
  queue(...jobs: readonly { readonly name: string; readonly run?: string; readonly runsOn?: readonly string[] }[]): readonly string[];
  /** Launch events published so far. */
  launches(): readonly LaunchRunner[];
  /** The clock of GitHub and the control plane. */
  now(): number;
  /** Lets the clock of GitHub and the control plane jump ahead. */
  advance(ms: number): void;
  /** Sends a delivery as GitHub would, signed. */
  deliver(event: string, payload: string | object, headers?: Readonly<Record<string, string>>): Promise<{ status: number; body: Record<string, unknown> }>;
  /** Ends the control plane and starts it again, on the same table. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

export interface LocalBatonOptions {
  readonly profiles?: readonly ProfileInput[];
  /** Of GitHub's pages, when payloads do not come from the simulator. */
  readonly webOrigin?: string;
  readonly startContainer?: StartContainer;
  /** Off, webhooks reach Baton by `deliver` alone. */
  readonly webhooks?: boolean;
  /** Without the OAuth client nobody can sign in. */
  readonly signIn?: boolean;
  /** How long GitHub waits for an answer, in place of 10 s. */
  readonly webhookLimitMs?: number;
}

const SMALL = ["self-hosted", "linux", "x64", "small"];

const keys = generateKeyPairSync("rsa", {
  modulusLength: 2048,
  publicKeyEncoding: { type: "spki", format: "pem" },
  privateKeyEncoding: { type: "pkcs8", format: "pem" },
});
const app: LocalApp = { appId: 7, privateKey: keys.privateKey, webhookSecret: `webhook secret ${randomUUID()}` };

/** The whole local default, rounds every 200 ms, with everything that can be looked at afterwards. */
export async function aLocalBaton(options: LocalBatonOptions = {}): Promise<LocalBaton> {
  const clock = { offset: 0 };
  const now = () => Date.now() + clock.offset;
  const directory = mkdtempSync(join(tmpdir(), "baton-test-"));
  const github = await startGithubSimulator({ app: { id: app.appId, publicKeyPem: keys.publicKey, webhookSecret: app.webhookSecret }, now, ...(options.webhookLimitMs !== undefined && { times: { webhookLimit: options.webhookLimitMs } }) });
  const watch = watchSecrets(github);
  const log = createRecordingLog();
  mkdirSync(join(directory, "tasks"));
  const startPlane = () => startControlPlane({
    app,
    github: { apiUrl: github.apiUrl, webOrigin: options.webOrigin ?? github.origin },
    oauth: options.signIn === false ? null : github.oauthClient(),
    profiles: aPolicy(...(options.profiles ?? [])),
    runnerNamePrefix: "baton",
    port: 0,
    startContainer:
      options.startContainer ??
      processContainers({
        entrypoint: resolve("runner-image/entrypoint.sh"),
        agentDirectory: resolve("app/local/stand-in-agent"),
        workDirectory: join(directory, "work"),
        path: searchPath(),
        environment: { GITHUB_API_URL: github.apiUrl },
      }),
    logDirectory: join(directory, "tasks"),
    tableDirectory: join(directory, "table"),
    reconcileEveryMs: 200,
    surplusGraceMs: 1_000,
    report: () => {},
    log,
    clock: now,
  });
  const events: BusEnvelope[] = [];
  const follow = (started: LocalControlPlane) => {
    started.bus.events.on("event", (event) => events.push(event));
    return started;
  };
  let plane = follow(await startPlane());
  const { installationId } = github.addOrganization({ login: "acme", repositories: [{ name: "shop", visibility: "private" }] });
  // After the installation, so that the first delivery a test sees is its own.
  if (options.webhooks !== false) github.setWebhook(plane.webhookUrl, app.webhookSecret);

  return {
    github,
    get plane() {
      return plane;
    },
    app,
    installationId,
    log,
    events,
    directory,
    watch,
    queue: (...jobs) =>
      github.queueWorkflow({
        repository: "acme/shop",
        name: "ci",
        jobs: jobs.map(({ name, run = "echo done", runsOn = SMALL }) => ({ name, runsOn: [...runsOn], steps: [{ run }] })),
      }).jobIds,
    launches: () =>
      events.flatMap(({ detail }) => {
        const runner = detail["runner"] as LaunchRunner | NoticeRunner | undefined;
        return runner?.decision === "launch" ? [runner] : [];
      }),
    now,
    advance: (ms) => {
      clock.offset += ms;
      github.advance();
    },
    async deliver(event, payload, headers = {}) {
      const body = typeof payload === "string" ? payload : JSON.stringify(payload);
      const signature = `sha256=${createHmac("sha256", app.webhookSecret).update(body).digest("hex")}`;
      const response = await fetch(plane.webhookUrl, {
        method: "POST",
        body,
        headers: { "content-type": "application/json", "x-github-event": event, "x-github-delivery": randomUUID(), "x-hub-signature-256": signature, ...headers },
      });
      return { status: response.status, body: (await response.json()) as Record<string, unknown> };
    },
    async restart() {
      await plane.close();
      plane = follow(await startPlane());
      if (options.webhooks !== false) github.setWebhook(plane.webhookUrl);
    },
    async close() {
      watch.end();
      await plane.close();
      await github.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** Looks until `look` gives something, and fails with what it last saw after `limitMs`. */
export async function eventually<T>(what: string, look: () => T | Promise<T>, isThere: (seen: T) => boolean, limitMs = 90_000, everyMs = 25): Promise<T> {
  const deadline = Date.now() + limitMs;
  for (;;) {
    const seen = await look();
    if (isThere(seen)) return seen;
    if (Date.now() > deadline) throw new Error(`${what}: not within ${limitMs} ms; last seen ${JSON.stringify(seen)?.slice(0, 2_000)}`);
    await delay(everyMs);
  }
}
