import { createRandomSource } from "./random-source.ts";
import { githubLimits, type RateLimits } from "./rate-limits.ts";
import type { AppRegistration, SimulatorState } from "./simulator-state.ts";
import { githubTimes, type SimulatorTimes } from "./simulator-times.ts";

export interface StateOptions {
  readonly origin: string;
  readonly app: Omit<AppRegistration, "owner" | "setupUrl" | "setupOnUpdate" | "permissions" | "events">;
  readonly webhookSecret: string;
  readonly webhookUrl: string | null;
  readonly seed: string;
  readonly times?: Partial<SimulatorTimes>;
  readonly limits?: Partial<RateLimits>;
}

export function createSimulatorState({ origin, app, webhookSecret, webhookUrl, seed, times, limits }: StateOptions): SimulatorState {
  return {
    origin,
    app: { ...app, owner: null, setupUrl: null, setupOnUpdate: false, permissions: null, events: null },
    hook: { url: webhookUrl, secret: webhookSecret },
    random: createRandomSource(seed),
    times: { ...githubTimes, ...times },
    limits: { ...githubLimits, ...limits },
    rateWindows: { primary: new Map(), secondary: new Map() },
    accounts: new Map(),
    repositories: new Map(),
    installations: new Map(),
    runs: new Map(),
    jobs: new Map(),
    openJobs: new Set(),
    nextJobDue: { at: Infinity },
    idleRunners: new Set(),
    nextRunnerDue: { at: 0 },
    runners: new Map(),
    installationTokens: new Map(),
    registrationTokens: new Map(),
    serviceTokens: new Map(),
    deliveries: new Map(),
    workflowFiles: new Map(),
    personalTokens: new Map(),
    people: new Map(),
    oauthCodes: new Map(),
    userTokens: new Map(),
    manifestCodes: new Map(),
    misbehaviours: [],
    counters: new Map(),
    effects: [],
  };
}
