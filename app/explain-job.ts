import type { Diagnosis } from "./core/diagnosis.ts";
import { diagnoseJob } from "./core/diagnosis/diagnose-job.ts";
import type { DeliveryAttempt, JobDeliveries, JobEvidence } from "./core/diagnosis/job-evidence.ts";
import { parseJobAddress, type JobAddress } from "./core/diagnosis/job-address.ts";
import type { InstallationFacts, JobFacts, RepositoryFacts, RunFacts } from "./core/facts-at-github.ts";
import type { JobRecord } from "./core/job-record.ts";
import { parseRunnerName } from "./core/launches.ts";
import { mapLook, type Look } from "./core/look.ts";
import type { RoundSightings } from "./core/round-sightings.ts";
import { matchProfile, registrationScope, type RunnerProfiles, type RunnerScope } from "./core/runner-profiles.ts";
import { limitLooks, lookBy, LOOK_LIMIT_MS, type Limited } from "./looks.ts";
import { LONGEST_LIST, type Clock, type GithubReader, type HookReader, type ImageRecordStore, type JobStore, type RoundSightingsStore, type RunnerTasks } from "./ports.ts";

/** By what a job is explained. The admin pages' world with the signed-in person's reader is one. */
export interface ExplainWorld {
  readonly reader: GithubReader;
  readonly github: { readonly apiUrl: string; readonly webOrigin: string };
  readonly store: Pick<JobStore, "get">;
  readonly sightings: Pick<RoundSightingsStore, "read">;
  readonly tasks: Pick<RunnerTasks, "list">;
  /** Absent where tasks use no image of ours, as on a laptop. */
  readonly images?: Pick<ImageRecordStore, "read"> | null;
  readonly profiles: RunnerProfiles;
  readonly runnerNamePrefix: string;
  readonly clock: Clock;
  /** With the App's key; without it, what the reconciler's last round saw takes its place. */
  readonly hook?: HookReader | null;
  /** Where GitHub should send the App's events, if that is known. */
  readonly hookUrl?: string | null;
  /** Milliseconds for one look; 8 s unless said. */
  readonly lookLimitMs?: number;
}

/** GitHub sends a `queued` within seconds of a job's creation, of which it tells whole seconds. */
const SENT_WITHIN_MS = { before: 2_000, after: 120_000 } as const;

/** Why the job, or the job of the run that matters, did (not) start. Never rejects: what could not be seen is among the findings. */
export async function explainJob(world: ExplainWorld, url: string): Promise<Diagnosis> {
  const parsed = parseJobAddress(url, world.github);
  if (parsed.kind === "another-github") {
    return unaddressed("another-github", `That address is on ${parsed.host}; this deployment works for ${new URL(world.github.webOrigin).host}.`, ["Ask the deployment that works for that GitHub.", "GITHUB_API_URL says which one this works for."]);
  }
  if (parsed.kind === "not-a-job") {
    return unaddressed("not-a-job-url", "That is no address of a job or run.", [`Open the job at GitHub and copy the address, e.g. ${world.github.webOrigin}/OWNER/REPOSITORY/actions/runs/123/job/456`]);
  }
  return diagnoseJob(await gather(world, parsed.address), world.clock());
}

/** Ids of the causes that need no look. */
export const ADDRESS_CAUSES = ["another-github", "not-a-job-url"] as const;

function unaddressed(cause: (typeof ADDRESS_CAUSES)[number], summary: string, advice: readonly string[]): Diagnosis {
  return { cause, verdict: "unknown", summary, because: [], advice, findings: [], job: null };
}

/** Looks at everything, in three waves: what needs nothing, what needs the installation, what needs the job. */
async function gather(world: ExplainWorld, address: JobAddress): Promise<JobEvidence> {
  const { reader, store, profiles, runnerNamePrefix, hook = null, hookUrl = null } = world;
  const limited = limitLooks(world.lookLimitMs ?? LOOK_LIMIT_MS);
  const repositoryName = { owner: address.owner, name: address.name };
  const recordOf = (jobId: string) => limited(() => lookBy(() => store.get(jobId)));

  const [app, installations, sightings, tasks, image, hookLook, ownRecord] = await Promise.all([
    limited(() => reader.app()),
    limited(() => reader.installations()),
    limited(() => lookBy(() => world.sightings.read())),
    limited(() => lookBy(() => world.tasks.list())),
    world.images ? limited(() => lookBy(async () => (await world.images?.read())?.standing ?? null)) : null,
    hook ? limited(() => hook.hook()) : null,
    address.jobId === null ? null : recordOf(address.jobId),
  ]);
  const installation = mapLook(installations, (all) => all.find(({ account }) => sameName(account.login, address.owner)) ?? null);
  const seenInstallation = valueOf(installation);
  const evidence: JobEvidence = {
    address,
    webOrigin: world.github.webOrigin,
    profiles,
    runnerNamePrefix,
    hookUrl,
    app,
    installation,
    repository: null,
    quota: null,
    run: null,
    job: null,
    runners: null,
    group: null,
    hook: hookLook ?? mapLook(sightings, (value) => value?.hook ?? null),
    deliveries: null,
    record: null,
    tasks,
    image,
    lastRoundAt: mapLook(sightings, (value) => value?.at ?? null),
  };
  // Whoever cannot see the installation is told nothing of its jobs.
  if (seenInstallation === null || seenInstallation.suspendedAt !== null) return evidence;

  const { id } = seenInstallation;
  const { runId } = address;
  const [repositories, quota, run, ownJob] = await Promise.all([
    limited(() => reader.repositories(id)),
    limited(() => reader.quota(id)),
    runId === null ? null : limited(() => reader.run(id, repositoryName, runId, ...(address.attempt === null ? [] : [address.attempt]))),
    address.jobId === null ? null : limited(() => reader.job(id, repositoryName, address.jobId ?? "")),
  ]);
  const repository = repositoryOf(repositories, repositoryName);
  const job = ownJob ?? jobOfRun(run, profiles);
  const seenJob = valueOf(job);
  const found: JobEvidence = { ...evidence, repository, quota, run, job };

  const record = ownRecord ?? (seenJob ? await recordOf(seenJob.id) : null);
  const belonging = record && mapLook(record, (value) => (value && belongs(value, seenInstallation, repositoryName, valueOf(repository)) ? value : null));
  const { scope, group } = placeOf(belonging && valueOf(belonging), seenJob, seenInstallation, world, address);
  const [runners, groupLook, deliveries] = await Promise.all([
    scope && limited(() => reader.runners(id, scope)),
    scope?.kind === "organization" ? limited(() => reader.runnerGroup(id, scope.organization, group)) : null,
    seenJob && deliveriesOf(world, limited, { job: seenJob, repository: valueOf(repository), record: belonging && valueOf(belonging) }, sightings),
  ]);
  const isTaken = runners?.kind === "seen" && runners.value.some(({ name, busy }) => busy && seenJob && parseRunnerName(runnerNamePrefix, name)?.jobId === seenJob.id);
  // It may have been given this very job since that was looked at.
  const again = seenJob && isTaken && seenJob.status === "queued" ? await limited(() => reader.job(id, repositoryName, seenJob.id)) : job;
  return { ...found, job: again?.kind === "seen" ? again : job, record: belonging, runners, group: groupLook, deliveries };
}

/** Of a run, the job that a person asks about: the first that has not started and could be ours, then any that has not, failed, or the first. */
function jobOfRun(run: Look<RunFacts | null> | null, { profiles }: RunnerProfiles): Look<JobFacts | null> | null {
  if (run === null) return null;
  if (run.kind !== "seen") return run;
  const jobs = run.value?.jobs ?? [];
  const unstarted = jobs.filter(({ status }) => status !== "in_progress" && status !== "completed");
  const chosen = unstarted.find(({ labels }) => matchProfile(profiles, labels).matched) ?? unstarted[0] ?? jobs.find(({ conclusion }) => conclusion === "failure") ?? jobs[0];
  return chosen ? { kind: "seen", value: chosen } : null;
}

function repositoryOf(look: Look<readonly RepositoryFacts[]>, { owner, name }: { owner: string; name: string }): Look<RepositoryFacts | null> | null {
  if (look.kind !== "seen") return look;
  const found = look.value.find((repository) => sameName(repository.owner, owner) && sameName(repository.name, name));
  return found === undefined && look.value.length >= LONGEST_LIST ? null : { kind: "seen", value: found ?? null };
}

/** A job's number alone proves nothing: the record has to be of the place that the address names. */
function belongs(record: JobRecord, installation: InstallationFacts, name: { owner: string; name: string }, repository: RepositoryFacts | null): boolean {
  const isThere = record.repository.id === repository?.id || (sameName(record.repository.owner, name.owner) && sameName(record.repository.name, name.name));
  return isThere && (record.installationId === installation.id || record.repository.id === repository?.id);
}

function placeOf(record: JobRecord | null, job: JobFacts | null, installation: InstallationFacts, { profiles }: ExplainWorld, address: JobAddress): { readonly scope: RunnerScope | null; readonly group: string } {
  const match = matchProfile(profiles.profiles, job?.labels ?? record?.labels ?? []);
  const profile = profiles.profiles.find(({ name }) => name === record?.placement?.profile) ?? (match.matched ? match.profile : null);
  const group = profile?.group ?? "Default";
  if (record?.placement) return { scope: record.placement.scope, group };
  if (!profile) return { scope: null, group };
  return { scope: registrationScope(profile, installation.account.kind === "organization" ? address.owner : null, address), group };
}

interface Subject {
  readonly job: JobFacts;
  readonly repository: RepositoryFacts | null;
  readonly record: JobRecord | null;
}

/** Exactly, with the App's key; else what the last round saw of the repository at that time. */
async function deliveriesOf({ hook }: ExplainWorld, limited: Limited, { job, repository, record }: Subject, sightings: Look<RoundSightings | null>): Promise<Look<JobDeliveries> | null> {
  const repositoryId = repository?.id ?? record?.repository.id;
  if (repositoryId === undefined) return null;
  if (hook) return limited(() => hook.deliveriesOf({ id: job.id, repositoryId, createdAt: job.createdAt }));
  return mapLook(sightings, (value) => {
    const all = value?.deliveries ?? [];
    const oldest = all.at(-1)?.deliveredAt ?? Infinity;
    const attempts: readonly DeliveryAttempt[] = all.filter(
      (delivery) =>
        delivery.event === "workflow_job" &&
        delivery.action === "queued" &&
        delivery.repositoryId === repositoryId &&
        delivery.deliveredAt >= job.createdAt - SENT_WITHIN_MS.before &&
        (delivery.redelivery || delivery.deliveredAt <= job.createdAt + SENT_WITHIN_MS.after),
    );
    return { attempts, certain: false, complete: value !== null && oldest < job.createdAt && value.at > job.createdAt + SENT_WITHIN_MS.after };
  });
}

function valueOf<T>(look: Look<T | null> | null): T | null {
  return look?.kind === "seen" ? look.value : null;
}

function sameName(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}
