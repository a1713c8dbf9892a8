import type { DeliveryRecord } from "./delivery-record.ts";
import type { NewWorkflow } from "./jobs.ts";
import type { Misbehaviour } from "./misbehaviours.ts";
import type { OAuthCode, UserToken } from "./oauth.ts";
import type { Person } from "./people.ts";
import type { RandomSource } from "./random-source.ts";
import type { RateLimits, RateWindows } from "./rate-limits.ts";
import type { SimulatorTimes } from "./simulator-times.ts";

export type Permissions = Readonly<Record<string, "read" | "write" | "admin">>;

export type Visibility = "private" | "public" | "internal";

export interface RunnerGroup {
  readonly id: number;
  readonly name: string;
  readonly default: boolean;
  /** Names of the repositories that may use it; null is all of them. */
  readonly repositories: readonly string[] | null;
  /** GitHub's default is false: a public repository's jobs find no runner of the group. */
  readonly allowsPublicRepositories: boolean;
  /** To workflows that are named there, none of which the simulator knows: it takes no job then. */
  readonly restrictedToWorkflows: boolean;
}

export interface Account {
  readonly id: number;
  readonly login: string;
  readonly type: "Organization" | "User";
  readonly runnerGroups: readonly RunnerGroup[];
}

export interface Repository {
  readonly id: number;
  readonly owner: Account;
  readonly name: string;
  readonly fullName: string;
  readonly visibility: Visibility;
  readonly createdAt: number;
}

export interface Installation {
  readonly id: number;
  readonly account: Account;
  permissions: Permissions;
  events: readonly string[];
  /** Names of those that were selected; null is all of the account's. */
  repositories: readonly string[] | null;
  suspendedAt: number | null;
  readonly createdAt: number;
}

/** A place where runners register: `repository` null is the organization. */
export interface Scope {
  readonly account: Account;
  readonly repository: Repository | null;
}

export interface Step {
  readonly name: string;
  readonly run: string;
}

export type JobStatus = "waiting" | "pending" | "queued" | "in_progress" | "completed";

/** Those of GitHub's conclusions that a job's end can have. */
export type Conclusion = "success" | "failure" | "cancelled" | "skipped" | "timed_out";

export interface Job {
  readonly id: number;
  readonly run: WorkflowRun;
  /** Of its run: 1, and one more each time the run is run again, for which it is another job. */
  readonly attempt: number;
  readonly name: string;
  readonly labels: readonly string[];
  readonly steps: readonly Step[];
  readonly env: Readonly<Record<string, string>>;
  /** The name of the environment whose approval it waits for. */
  readonly environment: string | null;
  /** Of the repository's jobs of one such group one runs at a time. */
  readonly concurrency: string | null;
  /** It has `services:` or `container:`, and so a step that asks for Docker. */
  readonly inContainers: boolean;
  readonly createdAt: number;
  status: JobStatus;
  conclusion: Conclusion | null;
  /** Since when a runner could have taken it. */
  queuedAt: number;
  startedAt: number | null;
  completedAt: number | null;
  /** The runner it was given to; kept when the job has ended. */
  runner: JobRunner | null;
  cancelRequestedAt: number | null;
  log: string;
}

/** A copy, since an ephemeral runner is gone before its job's last event. */
export interface JobRunner {
  readonly id: number;
  readonly name: string;
  readonly groupId: number;
  readonly groupName: string;
}

/** A file below `.github/workflows` on the default branch. */
export interface WorkflowFile {
  readonly id: number;
  readonly name: string;
  readonly path: string;
  readonly createdAt: number;
  /** The workflow that a `workflow_dispatch` with these inputs queues. Throws `Refusal` (422) for one without that trigger. */
  readonly dispatched: (inputs: Readonly<Record<string, string>>) => NewWorkflow;
}

export interface WorkflowRun {
  readonly id: number;
  readonly repository: Repository;
  readonly name: string;
  /** `run-name`, or the workflow's name. */
  readonly title: string;
  readonly event: "push" | "workflow_dispatch";
  readonly number: number;
  attempt: number;
  readonly headSha: string;
  readonly headBranch: string;
  readonly createdAt: number;
  /** Of its last attempt; those of earlier ones are still found by their id. */
  jobs: Job[];
  updatedAt: number;
}

export interface Runner {
  readonly id: number;
  readonly scope: Scope;
  readonly name: string;
  readonly createdAt: number;
  readonly jit: boolean;
  ephemeral: boolean;
  labels: readonly string[];
  group: RunnerGroup;
  version: string | null;
  secret: string;
  session: RunnerSession | null;
  assignment: Assignment | null;
  /** When it last had a session; null before the first. */
  lastConnectedAt: number | null;
}

export interface RunnerSession {
  readonly id: string;
  lastSeenAt: number;
  /** Polls that are open now; with one open the session is alive however long ago it came. */
  openPolls: number;
}

export interface Assignment {
  readonly job: Job;
  readonly assignedAt: number;
  /** When the agent was handed the job. */
  pickedUpAt: number | null;
}

export interface InstallationToken {
  readonly installation: Installation;
  readonly permissions: Permissions;
  /** null: all repositories of the installation. */
  readonly repositoryIds: readonly number[] | null;
  readonly expiresAt: number;
}

export interface RegistrationToken {
  readonly kind: "register" | "remove";
  readonly scope: Scope;
  readonly expiresAt: number;
}

export interface AppRegistration {
  readonly id: number;
  readonly clientId: string;
  clientSecret: string;
  /** Where signing in may lead back to. */
  callbackUrls: readonly string[];
  slug: string;
  name: string;
  /** Login; null is the account that has it first. */
  owner: string | null;
  /** Where whoever installs it is sent. */
  setupUrl: string | null;
  /** Whoever changes an installation, too. */
  setupOnUpdate: boolean;
  readonly createdAt: number;
  /** What it wants of new installations; null is what the first one has. */
  permissions: Permissions | null;
  events: readonly string[] | null;
}

export interface HookConfig {
  url: string | null;
  secret: string;
}

/** What happened, for whoever carries it to the outside; in order. */
export type Effect =
  | { readonly kind: "job"; readonly change: JobChange; readonly job: Job }
  | { readonly kind: "runner"; readonly change: RunnerChange; readonly runner: Runner }
  | { readonly kind: "webhook"; readonly webhook: Webhook };

export type JobChange = "queued" | "waiting" | "assigned" | "requeued" | "in_progress" | "cancel-requested" | "completed";
export type RunnerChange = "registered" | "online" | "offline" | "busy" | "idle" | "removed";

export interface Webhook {
  readonly event: string;
  readonly action: string | null;
  readonly installationId: number | null;
  readonly repositoryId: number | null;
  readonly jobId: number | null;
  /** Name of the job it tells of. */
  readonly jobName: string | null;
  /** Compact JSON as it was at that moment. */
  readonly body: string;
}

/**
 * All that the simulated GitHub knows. The functions of this folder change it and are told the time: no clock, no network, no
 * randomness but the seeded `random`, so that the same calls give the same history.
 */
export interface SimulatorState {
  /** `http://127.0.0.1:PORT`: in every URL of a payload. */
  readonly origin: string;
  readonly app: AppRegistration;
  readonly hook: HookConfig;
  readonly random: RandomSource;
  readonly times: SimulatorTimes;
  readonly limits: RateLimits;
  readonly rateWindows: RateWindows;
  readonly accounts: Map<string, Account>;
  readonly repositories: Map<string, Repository>;
  readonly installations: Map<number, Installation>;
  readonly runs: Map<number, WorkflowRun>;
  readonly jobs: Map<number, Job>;
  /** Those that have not ended, oldest first: looked through at every step, so that a day's ended jobs cost nothing. */
  readonly openJobs: Set<Job>;
  /** Before this time alone changes none of them; epoch milliseconds. */
  readonly nextJobDue: { at: number };
  readonly runners: Map<number, Runner>;
  /** Those that became online or free; some may be neither any more. */
  readonly idleRunners: Set<Runner>;
  /** Before this time alone changes none of them, but for those that go offline; epoch milliseconds. */
  readonly nextRunnerDue: { at: number };
  readonly installationTokens: Map<string, InstallationToken>;
  readonly registrationTokens: Map<string, RegistrationToken>;
  /** What a registration token was traded for, at the runner service. */
  readonly serviceTokens: Map<string, RegistrationToken>;
  readonly deliveries: Map<number, DeliveryRecord>;
  /** By repository, in lower case, and file name. */
  readonly workflowFiles: Map<string, Map<string, WorkflowFile>>;
  /** Of people: by token, their login. Such a token may do what its owner may, which here is everything. */
  readonly personalTokens: Map<string, string>;
  readonly people: Map<string, Person>;
  readonly oauthCodes: Map<string, OAuthCode>;
  /** Of people, by signing in with the App. */
  readonly userTokens: Map<string, UserToken>;
  readonly manifestCodes: Map<string, { readonly manifest: unknown; readonly owner: string | null; readonly expiresAt: number }>;
  readonly misbehaviours: Misbehaviour[];
  readonly counters: Map<string, number>;
  readonly effects: Effect[];
}
