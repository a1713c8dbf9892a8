import type { RequestRecord } from "./http/request-record.ts";
import type { DeliverySnapshot, JobSnapshot, RunnerSnapshot } from "./snapshots.ts";
import type { NewAccount } from "./state/accounts.ts";
import type { InstallationChange } from "./state/installations.ts";
import type { NewJob } from "./state/jobs.ts";
import type { MisbehaviourRule } from "./state/misbehaviours.ts";
import type { NewPerson } from "./state/people.ts";
import type { RateLimits } from "./state/rate-limits.ts";
import type { JobChange, Permissions, RunnerChange } from "./state/simulator-state.ts";
import type { SimulatorTimes } from "./state/simulator-times.ts";

export interface GithubSimulatorOptions {
  /** 0, the default: any free one. */
  readonly port?: number;
  readonly app: {
    readonly id: number;
    readonly clientId?: string;
    readonly clientSecret?: string;
    /** Where signing in may lead back to. */
    readonly callbackUrls?: readonly string[];
    /** Of the key that signs the App's JWTs. */
    readonly publicKeyPem: string;
    readonly webhookSecret: string;
  };
  /** Without one no deliveries are made. */
  readonly webhookUrl?: string;
  /** Epoch milliseconds. Polls and time limits of connections go by real time all the same. */
  readonly now?: () => number;
  /** One line for each delivery and each misbehaviour; never a token. */
  readonly log?: (line: string) => void;
  /** Tokens, GUIDs and choices follow from it; by default it is random. */
  readonly seed?: string;
  /** Milliseconds, where GitHub's own are too long for a test. */
  readonly times?: Partial<SimulatorTimes> & {
    /** How long the runner service holds a poll. */
    readonly poll?: number;
    readonly webhookLimit?: number;
  };
  readonly limits?: Partial<RateLimits>;
  /** The agent's latest release. */
  readonly runnerVersion?: string;
}

export interface WorkflowRequest {
  /** `acme/shop`. */
  readonly repository: string;
  readonly name: string;
  readonly headBranch?: string;
  readonly jobs: readonly NewJob[];
}

export interface GithubSimulatorEvents {
  job: [change: { readonly change: JobChange; readonly at: number; readonly job: JobSnapshot }];
  runner: [change: { readonly change: RunnerChange; readonly at: number; readonly runner: RunnerSnapshot }];
  /** After each attempt. */
  delivery: [delivery: DeliverySnapshot];
  /** After each request, those of the runner service included. */
  request: [request: RequestRecord];
}

/** A GitHub on this machine, reached like a GitHub Enterprise Server. All ids are strings. */
export interface GithubSimulator {
  readonly origin: string;
  /** `origin` + `/api/v3`. */
  readonly apiUrl: string;
  /** `null`: the App has no webhook, or one that is not active. */
  setWebhook(url: string | null, secret?: string): void;
  /** From now on only JWTs of this key are taken, as after a new private key and the deletion of the old one. */
  setAppKey(publicKeyPem: string): void;
  addOrganization(organization: NewAccount): { readonly installationId: number };
  addUser(user: NewAccount): { readonly installationId: number };
  /** An account without the App, for people to install it on. */
  openAccount(type: "Organization" | "User", account: NewAccount): void;
  /** As the account's administrators do it in their settings. Throws `Refusal` (404) for an unknown one. */
  changeInstallation(installationId: number, change: InstallationChange): void;
  removeInstallation(installationId: number): void;
  /** As its owner does it in the App's settings: installations keep what they have until their administrators accept. */
  changeApp(change: { readonly permissions?: Permissions; readonly events?: readonly string[]; readonly setupUrl?: string; readonly setupOnUpdate?: boolean }): void;
  /** Throws `Refusal` (404) for an unknown repository. */
  queueWorkflow(workflow: WorkflowRequest): { readonly runId: string; readonly jobIds: string[] };
  /** `path` below the repository's root, on its default branch. Throws when the text is no workflow that the simulator can run. */
  addWorkflowFile(repository: string, path: string, text: string): void;
  /** Somebody who can sign in; somebody known is given other roles. */
  addPerson(person: NewPerson): { readonly id: string };
  setCallbackUrls(urls: readonly string[]): void;
  /** The OAuth client of the App. */
  oauthClient(): { readonly clientId: string; readonly clientSecret: string };
  /** A token of somebody who may do everything. */
  addPersonalToken(login: string): string;
  approveDeployment(jobId: string): void;
  cancelJob(jobId: string): void;
  cancelRun(runId: string): void;
  /** Throws for an unknown id. */
  job(jobId: string): JobSnapshot;
  jobs(): JobSnapshot[];
  /** Those that are registered now. */
  runners(): RunnerSnapshot[];
  /** The open session of the runner of that name; null when it has none. */
  sessionOf(runnerName: string): string | null;
  /** All attempts, oldest first. */
  deliveries(): DeliverySnapshot[];
  /** As a person does it in the App's settings. */
  redeliver(deliveryId: string): void;
  ping(): void;
  /** Resolves when no delivery is under way; held-back ones do not count. */
  deliveriesSettled(): Promise<void>;
  /** Throws when the rule is not one. Returns the number to clear it by. */
  misbehave(rule: MisbehaviourRule): number;
  clearMisbehaviour(id?: number): void;
  /** Does what the clock has made due. It happens by itself on every request and a few times a second. */
  advance(): void;
  on<Name extends keyof GithubSimulatorEvents>(event: Name, listener: (...args: GithubSimulatorEvents[Name]) => void): void;
  off<Name extends keyof GithubSimulatorEvents>(event: Name, listener: (...args: GithubSimulatorEvents[Name]) => void): void;
  /** Cuts all connections, also those that hang. */
  close(): Promise<void>;
}
