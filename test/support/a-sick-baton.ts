import { expect } from "vitest";
import type { Diagnosis } from "../../app/core/diagnosis.ts";
import { runnerName } from "../../app/core/launches.ts";
import { createAppOctokit } from "../../app/github/app-octokit.ts";
import { runnerScopeAccess } from "../../app/github/runner-scope-access.ts";
import { createKeepAliveFetch } from "../../app/keep-alive-fetch.ts";
import type { NewAccount } from "../../app/local/github-simulator/state/accounts.ts";
import type { NewJob } from "../../app/local/github-simulator/state/jobs.ts";
import type { MisbehaviourRule } from "../../app/local/github-simulator/state/misbehaviours.ts";
import type { ContainerEnd, StartContainer } from "../../app/local/task-launcher/task-launcher.ts";
import { explain, type ExplainChanges } from "./a-diagnosis.ts";
import { aLocalBaton, eventually, type LocalBaton, type LocalBatonOptions } from "./a-local-baton.ts";
import { createRecordingLog } from "./recording-log.ts";

/** What becomes of a job's tasks. `silent`: they run and never register. `pending`: they find no place. */
export type TaskFate = "silent" | "pending" | { readonly failsToStart: string } | { readonly ends: Partial<ContainerEnd> };

export interface Place {
  readonly installationId: number;
  readonly owner: string;
  /** `owner/shop`. */
  readonly repository: string;
}

export interface PlaceWish extends Partial<Omit<NewAccount, "login" | "repositories">> {
  readonly visibility?: "private" | "public";
  readonly personal?: boolean;
}

export interface JobWish extends Partial<Omit<NewJob, "name" | "steps">> {
  /** A new organization of its own unless said. */
  readonly place?: Place;
  readonly tasks?: TaskFate;
  /** What GitHub does with its deliveries; without it they arrive. */
  readonly deliveries?: "lose" | "swallow" | "delay";
}

/** A runner that does what a test says. */
export interface PlayedRunner {
  readonly name: string;
  /** Opens its session and polls until it is given a job, which it then has begun. */
  takeJob(): Promise<string>;
  finish(jobId: string, conclusion: "success" | "failure"): Promise<void>;
  /** Opens its session and holds a poll open. */
  listen(): Promise<void>;
}

export interface SickBaton {
  readonly baton: LocalBaton;
  place(wish?: PlaceWish): Place;
  /** Queues a job of its own name at GitHub; its id. */
  job(wish?: JobWish): string;
  fate(jobId: string, fate: TaskFate): void;
  /** Ends the tasks of that job that run silently. */
  endTasks(jobId: string, end: Partial<ContainerEnd>): void;
  /** Registers by a real registration token. */
  runner(place: Place, name: string, options?: { readonly labels?: readonly string[]; readonly group?: string }): Promise<PlayedRunner>;
  runnerNameOf(jobId: string, launch?: number): string;
  /** Asks until the answer has that cause. */
  sees(jobId: string, cause: string, changes?: ExplainChanges): Promise<Diagnosis>;
  misbehave(rule: MisbehaviourRule): void;
  close(): Promise<void>;
}

export const SMALL = ["self-hosted", "linux", "x64", "small"];

/** A Baton of which a test can break any part, and that is asked as `npm run doctor` asks. */
export async function aSickBaton(options: Omit<LocalBatonOptions, "startContainer"> = {}): Promise<SickBaton> {
  const fates = new Map<string, TaskFate>();
  const running = new Map<string, ((end: ContainerEnd) => void)[]>();
  const closing = new AbortController();
  const startContainer: StartContainer = async ({ environment }) => {
    const jobId = environment["RUNNER_JOB_ID"] ?? "";
    const fate = fates.get(jobId) ?? "silent";
    if (fate === "pending") await new Promise((resolve) => closing.signal.addEventListener("abort", resolve, { once: true }));
    if (typeof fate === "object" && "failsToStart" in fate) throw new Error(fate.failsToStart);
    const { promise, resolve } = Promise.withResolvers<ContainerEnd>();
    if (typeof fate === "object") resolve({ exitCode: null, reason: null, ...fate.ends });
    running.set(jobId, [...(running.get(jobId) ?? []), resolve]);
    return { ended: promise, stop: () => resolve({ exitCode: null, reason: null }) };
  };
  const baton = await aLocalBaton({ ...options, startContainer });
  const { github } = baton;
  const octokit = createAppOctokit({ credentials: async () => baton.app, apiUrl: github.apiUrl, fetch: createKeepAliveFetch(), clock: baton.now, log: createRecordingLog() });
  let count = 0;

  async function call(method: string, path: string, authorization: string, body?: unknown, signal?: AbortSignal): Promise<{ status: number; body: Record<string, unknown> }> {
    const url = path.startsWith("/_") ? `${github.origin}${path}` : `${github.apiUrl}${path}`;
    const response = await fetch(url, { method, headers: { authorization, "content-type": "application/json" }, ...(body !== undefined && { body: JSON.stringify(body) }), ...(signal && { signal }) });
    const text = await response.text();
    const isJson = response.headers.get("content-type")?.includes("json");
    if (response.status >= 400) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return { status: response.status, body: isJson && text !== "" ? (JSON.parse(text) as Record<string, unknown>) : {} };
  }

  const sick: SickBaton = {
    baton,
    place({ visibility = "private", personal = false, ...account } = {}) {
      const owner = `org-${(count += 1)}`;
      const wish = { login: owner, repositories: [{ name: "shop", visibility }], ...account };
      const { installationId } = personal ? github.addUser(wish) : github.addOrganization(wish);
      return { installationId, owner, repository: `${owner}/shop` };
    },
    job({ place = sick.place(), tasks, deliveries, ...wish } = {}) {
      const name = `job-${(count += 1)}`;
      if (deliveries) github.misbehave({ on: "delivery", event: "workflow_job", job: name, do: deliveries, ...(deliveries === "delay" && { ms: 3_600_000 }) });
      const [jobId = ""] = github.queueWorkflow({ repository: place.repository, name: "ci", jobs: [{ name, runsOn: SMALL, steps: [{ run: "true" }], ...wish }] }).jobIds;
      if (tasks) fates.set(jobId, tasks);
      return jobId;
    },
    fate: (jobId, fate) => void fates.set(jobId, fate),
    endTasks(jobId, end) {
      for (const resolve of running.get(jobId) ?? []) resolve({ exitCode: null, reason: null, ...end });
    },
    async runner({ installationId, owner }, name, { labels = SMALL, group = "Default" } = {}) {
      const { access } = runnerScopeAccess(String(installationId), { kind: "organization", organization: owner });
      const minted = (await octokit.asInstallation(access)("POST /orgs/{org}/actions/runners/registration-token", { org: owner })).data as { token: string };
      const exchange = await call("POST", "/actions/runner-registration", `RemoteAuth ${minted.token}`, { url: `${github.origin}/${owner}`, runner_event: "register" });
      const registered = await call("POST", "/_services/runners", `Bearer ${String(exchange.body["token"])}`, { name, labels, group, ephemeral: true, version: "2.336.0" });
      const secret = `Bearer ${String(registered.body["session_secret"])}`;
      const open = async () => String((await call("POST", `/_services/runners/${String(registered.body["id"])}/sessions`, secret)).body["session_id"]);
      const poll = async (session: string) => (await call("GET", `/_services/sessions/${session}/messages`, secret, undefined, closing.signal)).body["job"] as { id: string } | undefined;
      return {
        name,
        async takeJob() {
          const job = await poll(await open());
          if (!job) throw new Error(`${name} was given no job`);
          await call("POST", `/_services/jobs/${job.id}/started`, secret);
          return job.id;
        },
        async finish(jobId, conclusion) {
          await call("POST", `/_services/jobs/${jobId}/finished`, secret, { conclusion });
        },
        async listen() {
          const session = await open();
          poll(session).catch(() => undefined);
        },
      };
    },
    runnerNameOf: (jobId, launch = 1) => runnerName("baton", jobId, launch),
    async sees(jobId, cause, changes) {
      const diagnosis = await eventually(`the cause ${cause}`, () => explain(baton, jobId, changes), (answer) => answer.cause === cause, 20_000, 150);
      for (const text of [diagnosis.summary, ...diagnosis.because, ...diagnosis.advice, ...diagnosis.findings.map((finding) => finding.text)]) {
        expect(text).not.toMatch(/undefined|null|NaN|\[object/);
      }
      if (diagnosis.verdict !== "ok") expect(diagnosis.advice.length).toBeGreaterThan(0);
      return diagnosis;
    },
    misbehave: (rule) => void github.misbehave(rule),
    async close() {
      closing.abort();
      await baton.close();
    },
  };
  return sick;
}
