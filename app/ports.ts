/** What the core asks of the world. Adapters live in `github/`, `aws/` and `local/`; tests pass fakes. */
import type { AdminRequest } from "./core/admin-request.ts";
import type { JobDeliveries } from "./core/diagnosis/job-evidence.ts";
import type { AppFacts, InstallationFacts, JobFacts, QuotaFacts, RepositoryFacts, RunFacts, RunnerGroupFacts } from "./core/facts-at-github.ts";
import type { JobAtGithub, JobRecord } from "./core/job-record.ts";
import type { JobPage } from "./core/job-summary.ts";
import type { BusEvent } from "./core/launch-event.ts";
import type { Look } from "./core/look.ts";
import type { HourlyQuota } from "./core/look-allowance.ts";
import type { RegistrationCredential } from "./core/registration-credential.ts";
import type { ImageBuild, ImageStanding, ReleaseNews, RunnerImage, RunnerRelease } from "./core/runner-image.ts";
import type { DeliveryPage } from "./core/delivery-sweep.ts";
import type { MintWindow } from "./core/mint-window.ts";
import type { Runner, RunnerTask } from "./core/observation.ts";
import type { RoundMemory } from "./core/round-memory.ts";
import type { DeliverySighting, RoundSightings } from "./core/round-sightings.ts";
import type { RunnerScope } from "./core/runner-profiles.ts";
import type { SeenRepository } from "./core/seen-repositories.ts";
import type { Usage } from "./core/usage.ts";
import type { WorkflowJobEvent } from "./core/workflow-job.ts";

/** Epoch milliseconds. */
export type Clock = () => number;

/** One line with its facts. Every method takes the facts first, as pino does. */
export interface Log {
  debug(facts: object, message: string): void;
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  error(facts: object, message: string): void;
  child(facts: object): Log;
}

/** A failure of one of the ports, told in our own words. `reason` goes to records and answers, so it never holds a secret. */
export class PortError extends Error {
  // Written out, here and below: in the bundles the classes have other names.
  override readonly name: string = "PortError";
  readonly reason: string;
  /** Whether the same call can succeed later without a person changing something. */
  readonly retryable: boolean;
  /** What the other side asked us to wait, milliseconds. */
  readonly retryAfterMs: number;

  constructor(reason: string, message: string, options: { retryable: boolean; retryAfterMs?: number; cause?: unknown }) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.reason = reason;
    this.retryable = options.retryable;
    this.retryAfterMs = options.retryAfterMs ?? 0;
  }
}

/** Reasons: `mint-throttled`, `mint-failed` (5xx), `mint-timeout`, `mint-refused` (permission, suspended, gone), `runner-name-taken`, `runner-group-missing`. */
export class MintError extends PortError {
  override readonly name = "MintError";
}
/** Reasons: `seal-too-large`, `seal-refused`, `seal-failed`, `seal-throttled`. */
export class SealError extends PortError {
  override readonly name = "SealError";
}
/** Reasons: `publish-refused`, `publish-failed`, `publish-throttled`, `publish-too-large`. */
export class PublishError extends PortError {
  override readonly name = "PublishError";
}
/** Reasons: `store-refused`, `store-failed`, `store-throttled`. */
export class StoreError extends PortError {
  override readonly name = "StoreError";
}

export type WriteResult =
  | { readonly written: true }
  /** Somebody else wrote first; `existing` is what they left. */
  | { readonly written: false; readonly existing: JobRecord | null };

/** Job records. Every method fails with `StoreError`. */
export interface JobStore {
  get(jobId: string): Promise<JobRecord | null>;
  /** Writes a record whose job has none yet, in one conditional write. */
  create(record: JobRecord): Promise<WriteResult>;
  /** Writes only if the stored revision is `record.revision`, and stores `revision + 1`. One conditional write. */
  replace(record: JobRecord): Promise<WriteResult>;
  /** Records in state waiting, launching or running, oldest first. */
  listOpen(): Promise<readonly JobRecord[]>;
}

/** Keeps rounds of the reconciler apart, wherever they run. Fails with `StoreError`. */
export interface RoundLease {
  /** Takes the lease until `until`, unless another holder's has not run out at `now` (both epoch milliseconds): `false` then. */
  take(holder: string, now: number, until: number): Promise<boolean>;
  /** Ends the holder's lease; nothing happens when another has it. */
  giveBack(holder: string): Promise<void>;
}

/** What one round leaves for the next. Fails with `StoreError`. */
export interface RoundMemoryStore {
  read(): Promise<RoundMemory>;
  /** Only by the round that holds the lease. */
  write(memory: RoundMemory): Promise<void>;
}

export interface MintRequest {
  readonly installationId: string;
  readonly scope: RunnerScope;
  readonly registration: "token" | "jit";
  readonly name: string;
  readonly labels: readonly string[];
  readonly group: string;
  /** Epoch milliseconds after which no call is started or awaited. */
  readonly deadline: number;
  /** The job waited for a limit of mints, or for what came after its mint: a fresh token of another's will do, since a queue of thousands would mint that many for nothing. */
  readonly mayShare: boolean;
}

/** Mints of one installation by all processes, counted in one place. Fails with `StoreError`. */
export interface MintCounter {
  /** Counts these in the minute (minutes since the epoch), and tells what it comes to. */
  add(installationId: string, minute: number, mints: number): Promise<MintWindow>;
  /** Until when (epoch milliseconds) GitHub wished not to be asked, or the reconciler has the installation's jobs. A longer one that is there stays. */
  note(installationId: string, until: { readonly pausedUntil: number } | { readonly heldUntil: number }): Promise<void>;
}

/** What GitHub lets all our processes mint for one installation. Never fails: where it cannot be asked, GitHub's own refusal has to do. */
export interface MintQuota {
  /** One mint. Not granted, the job is the reconciler's, `retryAfterMs` being what GitHub asked to wait. */
  take(installationId: string): Promise<{ readonly granted: true } | { readonly granted: false; readonly retryAfterMs: number }>;
  /** GitHub throttled the installation. */
  pause(installationId: string, retryAfterMs: number): Promise<void>;
  /** Jobs of the installation wait for limits, and are served oldest first by the reconciler; until then, epoch milliseconds. */
  hold(installationId: string, until: number): Promise<void>;
}

export interface CredentialMinter {
  /** Fails with `MintError`; `runner-name-taken` (409) says that an earlier try of ours got this far. */
  mint(request: MintRequest): Promise<RegistrationCredential>;
}

export interface SealContext {
  readonly jobId: string;
  readonly launch: string;
  readonly target: string;
}

export interface CredentialSealer {
  /** `kms:…` (or `plain:…` on a laptop). Fails with `SealError`. */
  seal(credential: RegistrationCredential, context: SealContext): Promise<string>;
}

export interface EventPublisher {
  /** Resolves once the bus took the event. Fails with `PublishError`. */
  publish(event: BusEvent): Promise<void>;
}

/** Runners as GitHub lists them. Fails with `GithubError`. */
export interface RunnerRegistry {
  list(installationId: string, scope: RunnerScope): Promise<readonly Runner[]>;
  /** `busy` when GitHub refuses because the runner has a job; `gone` when it is not there any more. */
  remove(installationId: string, scope: RunnerScope, runnerId: string): Promise<"removed" | "busy" | "gone">;
}

/** Jobs as GitHub shows them, one request a call. Fails with `GithubError`. */
export interface JobLookup {
  /** `null` when GitHub has no such job, or hides it. */
  find(installationId: string, repository: RepositoryName, jobId: string): Promise<JobAtGithub | null>;
  /** A page, the first being 1, of a hundred jobs of one attempt of a run, by id, and how many pages there are. `null` when GitHub has no such attempt, or hides it. */
  page(installationId: string, repository: RepositoryName, attempt: RunAttempt, page: number): Promise<{ readonly jobs: ReadonlyMap<string, JobAtGithub>; readonly pages: number } | null>;
  /** What the answers to this process said last of the installation's quota; `null` where none said anything. */
  quota(installationId: string): HourlyQuota | null;
}

export interface RunAttempt {
  readonly runId: string;
  /** 1, 2, …: a run that is run again has other jobs. */
  readonly runAttempt: number;
}

export interface QueueLook {
  /** Epoch milliseconds; what is younger is left out. */
  readonly createdBefore: number;
  /** At most so many calls. */
  readonly calls: number;
  /** Another number each time, so that what did not fit comes another time. */
  readonly turn: number;
}

/** A repository's queue. Fails with `GithubError`. */
export interface QueuedJobs {
  /** Its queued jobs, each as a `queued` delivery would have told of it, and what they cost. */
  list(where: SeenRepository, look: QueueLook): Promise<{ readonly events: readonly WorkflowJobEvent[]; readonly calls: number }>;
}

/** The App's own webhook deliveries. Fails with `GithubError`. */
export interface HookDeliveries {
  /** From `cursor` on, a page's `next`; `null` is the top of the list. */
  page(cursor: string | null): Promise<DeliveryPage>;
  redeliver(deliveryId: string): Promise<void>;
}

/** Fails with `GithubError`. */
export interface AccountAdmins {
  /**
   * Whether that person administers the account which the installation is on: is the person, or is an owner of the organization. `not-permitted`: the App
   * may not read the organization's members.
   */
  standingOf(installationId: string, by: AdminRequest["by"]): Promise<"admin" | "not-admin" | "not-permitted" | "not-installed">;
}

/** The App's webhook as GitHub has it. Fails with `GithubError`. */
export interface AppHook {
  /** `active`: there is one. */
  read(): Promise<{ readonly url: string; readonly active: boolean }>;
}

/** Reasons: `github-throttled`, `github-failed`, `github-timeout`, `github-refused`, `github-not-installed` (the installation is no more). */
export class GithubError extends PortError {
  override readonly name = "GithubError";
}

/** Tasks as ECS lists them, those stopped within about the last hour included. */
export interface RunnerTasks {
  list(): Promise<readonly RunnerTask[]>;
  stop(taskArn: string, reason: string): Promise<void>;
}

/** A step on a job's way, for whoever watches. Carries no credential. */
export interface JobProgress {
  readonly jobId: string;
  readonly launch: number;
  readonly step: "received" | "claimed" | "minted" | "sealed" | "published" | "waiting" | "ignored" | "noted" | "duplicate";
  readonly reason?: string;
  /** Once a job, when it begins: from its creation at GitHub on, milliseconds. */
  readonly queuedMs?: number;
}
export type ReportProgress = (progress: JobProgress) => void;

/** Releases of actions/runner. Fails with `GithubError`. */
export interface RunnerReleases {
  /** `null` when the newest is still the one that `etag` came with. */
  newest(etag: string | null): Promise<{ readonly release: RunnerRelease; readonly etag: string | null } | null>;
}

/** Reasons: `image-refused`, `image-failed`, `image-throttled`. */
export class ImageError extends PortError {}

/** The registry that tasks pull from. Fails with `ImageError`. */
export interface RunnerImages {
  /** What the next task starts with; `null` when there is none yet. */
  inUse(): Promise<RunnerImage | null>;
}

/** What the image is built of. Fails with `ImageError`. */
export interface ImageSource {
  /** Another one for other content; `null` when it is empty. */
  revision(): Promise<string | null>;
}

export interface BuildOrder {
  /** `null` leaves it to the build to find the newest. */
  readonly version: string | null;
  readonly sha256: RunnerRelease["sha256"] | null;
  readonly revision: string;
  readonly attempt: number;
}

/** Builds of the image. Fails with `ImageError`. */
export interface ImageBuilds {
  /** Newest first, no further back than is of use. */
  list(): Promise<readonly ImageBuild[]>;
  /** The build's id. The same order given twice within five minutes is one build. */
  start(order: BuildOrder): Promise<string>;
}

export interface ImageRecord {
  readonly news: ReleaseNews;
  readonly standing: ImageStanding;
}

/** What the release watch found out, for itself the next time and for people. Fails with `StoreError`. */
export interface ImageRecordStore {
  /** `null` before the first time. */
  read(): Promise<ImageRecord | null>;
  write(record: ImageRecord): Promise<void>;
}

/** Of what is listed for people; a list as long as that may go on. */
export const LONGEST_LIST = 1_000;

/**
 * GitHub, read for people: as the App where the operator asks (`npm run doctor`), as the signed-in person on the admin pages. Never rejects: what could not be
 * seen is said in the `Look`. Installations and repositories are no more than `LONGEST_LIST`, runners no more than GitHub has in a group.
 */
export interface GithubReader {
  app(): Promise<Look<AppFacts>>;
  /** Of the App; on the admin pages those that GitHub lets the person administer. */
  installations(): Promise<Look<readonly InstallationFacts[]>>;
  repositories(installationId: string): Promise<Look<readonly RepositoryFacts[]>>;
  /** `null` when GitHub has no such job, or hides it. */
  job(installationId: string, repository: RepositoryName, jobId: string): Promise<Look<JobFacts | null>>;
  /** With the jobs of the newest attempt, unless another is named. */
  run(installationId: string, repository: RepositoryName, runId: string, attempt?: number): Promise<Look<RunFacts | null>>;
  runners(installationId: string, scope: RunnerScope): Promise<Look<readonly Runner[]>>;
  /** `null` when the organization has no group of that name. */
  runnerGroup(installationId: string, organization: string, name: string): Promise<Look<RunnerGroupFacts | null>>;
  quota(installationId: string): Promise<Look<QuotaFacts>>;
}

/** The OAuth client of the GitHub App, by which people sign in. */
export interface OAuthClient {
  readonly clientId: string;
  readonly clientSecret: string;
}

/** GitHub's web flow for signing people in. Fails with `GithubError`; no message holds a code, a token or the secret. */
export interface GithubSignIn {
  /** Where the person's browser is sent. `codeChallenge`: SHA-256 of the verifier, base64url (PKCE, S256). */
  authorizeUrl(client: OAuthClient, flow: { readonly state: string; readonly codeChallenge: string; readonly redirectUri: string }): string;
  /** `null` when GitHub refuses the code: used, too old, or not of this flow. */
  exchange(client: OAuthClient, flow: { readonly code: string; readonly codeVerifier: string; readonly redirectUri: string }): Promise<PersonsToken | null>;
  /** Whose token it is. */
  person(token: string): Promise<{ readonly login: string; readonly id: string; readonly name: string | null }>;
  /** Ends the token at GitHub. */
  revoke(client: OAuthClient, token: string): Promise<void>;
}

export interface PersonsToken {
  readonly token: string;
  /** Milliseconds from now; `null` where the App's tokens do not expire. */
  readonly expiresInMs: number | null;
}

/** GitHub as one person sees it. */
export interface PersonsGithub extends GithubReader {
  /** GitHub no longer takes the token: the person has to sign in again. */
  refused(): boolean;
}

/** The App's webhook and what GitHub delivered by it, looked at live, which takes the App's key. Never rejects. */
export interface HookReader {
  /** `url` is empty where there is none. */
  hook(): Promise<Look<{ readonly url: string; readonly active: boolean }>>;
  /** The newest, newest first; at most 100. */
  newest(): Promise<Look<readonly DeliverySighting[]>>;
  /** What GitHub sent of one job's `queued`. */
  deliveriesOf(job: { readonly id: string; readonly repositoryId: string; readonly createdAt: number }): Promise<Look<JobDeliveries>>;
}

export interface RepositoryName {
  readonly owner: string;
  readonly name: string;
}

export interface JobQuery {
  readonly installationId: string;
  /** `open`: oldest first; `ended`: newest end first. */
  readonly which: "open" | "ended";
  readonly limit: number;
  /** A page's `next`; `null` is the beginning. */
  readonly from: string | null;
}

/** Lists of jobs for people, from an index that may be a moment behind. Fails with `StoreError`. */
export interface JobDirectory {
  list(query: JobQuery): Promise<JobPage>;
}

/** What the last round saw, for people. Fails with `StoreError`. */
export interface RoundSightingsStore {
  /** `null` before the first round. */
  read(): Promise<RoundSightings | null>;
  write(sightings: RoundSightings): Promise<void>;
}

/** Fails with `StoreError`. */
export interface UsageStore {
  read(installationId: string): Promise<Usage | null>;
  /** Only by the round that holds the lease. */
  write(usage: Usage): Promise<void>;
}

/** What administrators ask for. Fails with `StoreError`. */
export interface AdminRequestStore {
  /** Once; a second one with that id is refused. */
  ask(request: AdminRequest): Promise<void>;
  get(id: string): Promise<AdminRequest | null>;
  /** Those that nobody has begun or settled, oldest first; at most 100. What cannot be read as a request is removed. */
  listAsked(): Promise<readonly AdminRequest[]>;
  /** Marks it as begun: `false` where it is not `asked` any more, and then nothing may be done for it. */
  begin(request: AdminRequest): Promise<boolean>;
  /** Writes what came of it: from `asked`, where it is refused, or from `begun`. Nothing happens to one that is settled. */
  settle(request: AdminRequest): Promise<void>;
}

/** Figures for alarms, by name, and what tells figures of one name apart. Never fails. */
export type PutMetrics = (figures: Readonly<Record<string, number>>, dimensions?: Readonly<Record<string, string>>) => void;
