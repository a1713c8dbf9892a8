import type { Hono } from "hono";
import type { AdminWorld } from "../../../app/admin/admin-world.ts";
import { createAdminApp } from "../../../app/admin/create-admin-app.ts";
import type { AdminRequest } from "../../../app/core/admin-request.ts";
import type { RunnerTask } from "../../../app/core/observation.ts";
import type { RoundSightings } from "../../../app/core/round-sightings.ts";
import type { Usage } from "../../../app/core/usage.ts";
import { createGithubAsUser } from "../../../app/github/github-as-user.ts";
import { createGithubSignIn } from "../../../app/github/github-sign-in.ts";
import { createKeepAliveFetch } from "../../../app/keep-alive-fetch.ts";
import { startSimulatedGithub, type SimulatedGithub } from "../../local/github-simulator/support/simulated-github.ts";
import { createInMemoryJobDirectory } from "../in-memory-job-directory.ts";
import { createInMemoryJobStore, type InMemoryJobStore } from "../in-memory-job-store.ts";
import { createRecordingLog, type RecordingLog } from "../recording-log.ts";
import { aBrowser, type Browser, type Page } from "./a-browser.ts";

/** The pages' own address in tests, as of a deployment. */
export const HERE = "https://baton.test";

export interface AnAdminWorld {
  readonly app: Hono<never>;
  readonly world: AdminWorld;
  readonly simulated: SimulatedGithub;
  readonly store: InMemoryJobStore;
  readonly requests: AdminRequest[];
  readonly log: RecordingLog;
  readonly metrics: Readonly<Record<string, number>>[];
  sightings: RoundSightings | null;
  usage: Usage | null;
  tasks: readonly RunnerTask[];
  /** A browser that has the pages at `HERE`. */
  browser(): Browser;
  /** Signs somebody in at `HERE` and returns where they ended. */
  signIn(browser: Browser, login: string, to?: string): Promise<Page>;
  /** Moves this world's clock and GitHub's. */
  pass(milliseconds: number): void;
  close(): Promise<void>;
}

/**
 * The admin pages before the simulated GitHub, which has: `ada`, administrator of `acme`; `milo`, its member; `bob`, administrator of `umbrella`; `eve`, in
 * no organization. All else is in memory.
 */
export async function anAdminWorld(overrides: Partial<AdminWorld> = {}): Promise<AnAdminWorld> {
  const simulated = await startSimulatedGithub();
  const { github } = simulated;
  github.setCallbackUrls([`${HERE}/sign-in/callback`, "http://localhost:3000/sign-in/callback"]);
  github.addOrganization({ login: "umbrella", repositories: [{ name: "lab", visibility: "private" }] });
  github.addPerson({ login: "ada", name: "Ada", organizations: { acme: "admin" } });
  github.addPerson({ login: "milo", organizations: { acme: "member" } });
  github.addPerson({ login: "bob", organizations: { umbrella: "admin" } });
  github.addPerson({ login: "eve" });

  let now = Date.parse("2026-01-01T00:00:00Z");
  const clock = () => now;
  const store = createInMemoryJobStore();
  const requests: AdminRequest[] = [];
  const log = createRecordingLog();
  const metrics: Readonly<Record<string, number>>[] = [];
  const fetch = createKeepAliveFetch();
  const at = { apiUrl: github.apiUrl, webOrigin: github.origin };
  const asUser = createGithubAsUser({ apiUrl: github.apiUrl, fetch, clock });
  const made = {
    sightings: null as RoundSightings | null,
    usage: null as Usage | null,
    tasks: [] as readonly RunnerTask[],
    simulated,
    store,
    requests,
    log,
    metrics,
  };
  const world: AdminWorld = {
    store,
    directory: createInMemoryJobDirectory(store),
    sightings: { read: async () => made.sightings },
    usage: { read: async (installationId) => (made.usage?.installationId === installationId ? made.usage : null) },
    requests: { ask: async (request) => void requests.push(request), get: async (id) => requests.find((request) => request.id === id) ?? null },
    images: { read: async () => null },
    tasks: { list: async () => made.tasks },
    profiles: { profiles: [], targets: [] },
    runnerNamePrefix: "baton",
    github: at,
    readerFor: asUser,
    oauth: async () => github.oauthClient(),
    oauthAdvice: "Run npm run setup.",
    signIn: createGithubSignIn({ ...at, fetch }),
    clientAddress: () => "192.0.2.1",
    links: { taskUrl: () => null, logsUrl: () => null },
    deployment: "test",
    putMetrics: (figures) => void metrics.push(figures),
    clock,
    log,
    ...overrides,
  };
  const app = createAdminApp(world);

  return Object.assign(made, {
    app: app as unknown as Hono<never>,
    world,
    browser: () => aBrowser({ [HERE]: (request) => app.request(request) }),
    async signIn(browser: Browser, login: string, to = "/") {
      return signInAt(browser, HERE, login, to);
    },
    pass(milliseconds: number) {
      now += milliseconds;
      simulated.pass(milliseconds);
    },
    close: () => github.close(),
  });
}

/** As a person does it: the page's link, GitHub's page, a click on who one is. */
export async function signInAt(browser: Browser, origin: string, login: string, to = "/"): Promise<Page> {
  const chooser = await browser.open(`${origin}/sign-in/github?${new URLSearchParams({ to })}`);
  return browser.submit(chooser.url.split("?", 1)[0] ?? "", { ...chooser.fields, login });
}
