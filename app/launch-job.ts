import { openLaunch, waitAgain, type JobRecord, type Placement, type WaitFor } from "./core/job-record.ts";
import { launchEvent } from "./core/launch-event.ts";
import { leaseUntil, runnerName } from "./core/launches.ts";
import { bootAllowanceMs, type RunnerProfile, type RunnerProfiles } from "./core/runner-profiles.ts";
import { PortError, type Clock, type CredentialMinter, type CredentialSealer, type EventPublisher, type JobStore, type Log, type MintQuota, type ReportProgress } from "./ports.ts";

/** What a launch needs of the world; the webhook and the reconciler launch by the same code. */
export interface Launchpad {
  readonly store: JobStore;
  readonly minter: CredentialMinter;
  readonly mintQuota: MintQuota;
  readonly sealer: CredentialSealer;
  readonly publisher: EventPublisher;
  readonly profiles: RunnerProfiles;
  readonly runnerNamePrefix: string;
  readonly clock: Clock;
  readonly report: ReportProgress;
}

export const MINT_THROTTLED = "mint-throttled";
/** Why a job waits whose last credential did not get as far as a task. */
const NOT_USED = ["mint-", "seal-", "publish-", "not-launched-"] as const;

/** What is kept of the deadline for sealing, publishing and recording a wait, which take milliseconds unless AWS is slow; at their slowest they still end within the function's 9 s. */
const AFTER_MINTING_MS = 2_000;

/** The record as the claim left it, its profile still being there. */
export interface ClaimedLaunch {
  readonly record: JobRecord;
  readonly placement: Placement;
  readonly profile: RunnerProfile;
  /** `MintQuota.take`'s answer, where it was asked. */
  readonly mint?: Awaited<ReturnType<MintQuota["take"]>>;
}

/** The record with its next launch opened, for the one conditional write that claims it. */
export function claimed(pad: Launchpad, record: JobRecord, placement: Placement, reason = ""): JobRecord {
  const target = pad.profiles.targets.find((candidate) => candidate.name === placement.target);
  if (!target) throw new Error(`job ${record.jobId} is placed on the target "${placement.target}", which does not exist any more`);
  const now = pad.clock();
  return openLaunch(record, placement, leaseUntil(now, bootAllowanceMs(target)), now, reason);
}

/**
 * Mint, seal, publish: for the holder of the lease only. Nothing is written after success. A failure is recorded as a wait with its
 * reason and next try; when even that cannot be written it fails with `StoreError` and the lease runs out.
 */
export async function launchJob(pad: Launchpad, launch: ClaimedLaunch, deadline: number, log: Log): Promise<JobRecord> {
  const { record, placement, profile, mint } = launch;
  const name = runnerName(pad.runnerNamePrefix, record.jobId, record.launch);
  const report = (step: Parameters<ReportProgress>[0]["step"], reason = "") =>
    pad.report({ jobId: record.jobId, launch: record.launch, step, reason });
  report("claimed");
  if (mint?.granted === false) {
    return wait({ reason: MINT_THROTTLED, detail: "not asked: the installation's mints are shared out, and the reconciler has the next", retryAfterMs: mint.retryAfterMs });
  }
  let mintAgainAfterMs = 0;
  const installationId = record.installationId ?? "";
  try {
    const credential = await pad.minter.mint({
      installationId,
      scope: placement.scope,
      registration: profile.registration,
      name,
      labels: profile.labels,
      group: profile.group,
      deadline: deadline - AFTER_MINTING_MS,
      mayShare: NOT_USED.some((prefix) => record.reason.startsWith(prefix)),
    });
    ({ mintAgainAfterMs } = credential);
    report("minted");
    const sealing = pad.sealer.seal(credential, { jobId: record.jobId, launch: String(record.launch), target: placement.target });
    const [sealed] = await Promise.all([sealing, mintAgainAfterMs > 0 && pad.mintQuota.pause(installationId, mintAgainAfterMs)]);
    report("sealed");
    await pad.publisher.publish(launchEvent(record, placement, profile, name, { credential: sealed, expiresAt: credential.expiresAt }));
    report("published");
    log.info({ launch: record.launch, runner: name, profile: profile.name }, "launched");
    return record;
  } catch (error) {
    if (!(error instanceof PortError)) throw error;
    const { reason, message: detail } = error;
    const waiting = wait({
      reason,
      detail,
      // With a shared token sealing or publishing failed, and the next try mints again: not before GitHub lets it.
      retryAfterMs: Math.max(error.retryAfterMs, mintAgainAfterMs),
      // The name is taken by an earlier try of ours that got this far; the next launch has a name of its own.
      launchSpent: reason === "runner-name-taken",
    });
    return (await Promise.all([waiting, reason === MINT_THROTTLED && pad.mintQuota.pause(installationId, error.retryAfterMs)]))[0];
  }

  /** Puts the wait on record, and gives the record as it is then. */
  async function wait(why: Omit<WaitFor, "now">): Promise<JobRecord> {
    const waiting = waitAgain(record, { ...why, now: pad.clock() });
    log.warn({ launch: record.launch, reason: why.reason, nextTryAt: waiting.nextTryAt, err: why.detail }, "launch waits");
    const result = await pad.store.replace(waiting);
    if (result.written) report("waiting", why.reason);
    return result.written || !result.existing ? waiting : result.existing;
  }
}
