import { decide, type Decision, type Policy } from "./core/decide.ts";
import { advance, awaitsApproval, followed, ignore, mayLaunch, newRecord, queuedMs, toldAnew, waitForGithub, type JobAtGithub, type JobRecord, type Placement } from "./core/job-record.ts";
import { noticeEvent } from "./core/launch-event.ts";
import { parseRunnerName } from "./core/launches.ts";
import { matchProfile, scopePath, type RunnerScope } from "./core/runner-profiles.ts";
import type { WorkflowJobEvent } from "./core/workflow-job.ts";
import { claimed, launchJob, type Launchpad } from "./launch-job.ts";
import { StoreError, type Log } from "./ports.ts";

/** What was decided about one delivery, for the answer to GitHub. */
export interface Outcome {
  readonly decision: "launch" | "duplicate" | "wait" | "ignore" | "note";
  readonly reason: string;
  readonly jobId: string;
  readonly launch?: number;
  /** Epoch milliseconds. */
  readonly nextTryAt?: number;
}

/** How often a record that others write at the same moment is read again before the delivery is left to GitHub's redelivery. */
const WRITE_ATTEMPTS = 4;

/**
 * The way of a job from a verified delivery to a published launch: decide ▶ claim ▶ mint ▶ seal ▶ publish.
 * `deadline` is in epoch milliseconds: no call to GitHub is started after it. Fails with `StoreError` only; everything else that can go wrong is a recorded wait.
 */
export function createWorkflowJobHandler(pad: Launchpad, policy: Policy) {
  return async function handleWorkflowJob(event: WorkflowJobEvent, log: Log, deadline: number): Promise<Outcome> {
    const decision = decide(event, policy, pad.clock());
    pad.report({ jobId: event.job.id, launch: 0, step: "received" });
    const outcome = await carryOut(event, decision, deadline, log);
    if (outcome.decision === "wait" || outcome.decision === "ignore" || outcome.decision === "note") {
      await tellTheBus(event, { ...outcome, decision: outcome.decision }, log);
    }
    return outcome;
  };

  async function carryOut(event: WorkflowJobEvent, decision: Decision, deadline: number, log: Log): Promise<Outcome> {
    switch (decision.kind) {
      case "launch":
        return launch(event, decision, deadline, log);
      case "wait": {
        const fresh = newRecord(event, pad.clock());
        return keep(waitForGithub(fresh, decision.reason, placementOf(event, decision), pad.clock()), "wait");
      }
      case "ignore":
        return keep(ignore(newRecord(event, pad.clock()), decision.reason, pad.clock()), "ignore");
      case "note":
        return note(event, decision.status);
    }
  }

  async function launch(event: WorkflowJobEvent, decision: Decision & { kind: "launch" }, deadline: number, log: Log): Promise<Outcome> {
    const { profile } = decision;
    const placement = placementOf(event, decision);
    // Asked for at the same time, so that nothing takes longer. A duplicate's is spent for nothing, and there are few.
    const [claim, mint] = await Promise.all([claimFor(event, placement), pad.mintQuota.take(event.installationId ?? "")]);
    if (!claim.won) {
      pad.report({ jobId: claim.record.jobId, launch: claim.record.launch, step: "duplicate" });
      return duplicate(claim.record);
    }

    const record = await launchJob(pad, { record: claim.record, placement, profile, mint }, deadline, log);
    if (record.state !== "launching") return duplicate(record);
    return { decision: "launch", reason: "", jobId: record.jobId, launch: record.launch };
  }

  /** One conditional write decides who launches. */
  async function claimFor(event: WorkflowJobEvent, placement: Placement): Promise<{ won: boolean; record: JobRecord }> {
    const first = claimed(pad, newRecord(event, pad.clock()), placement);
    const created = await pad.store.create(first);
    if (created.written) return { won: true, record: first };
    const { written, record } = await rewrite(present(created.existing, event.job.id), (existing) => {
      if (!mayLaunch(existing, pad.clock())) return null;
      // What is delivered now counts: the App may have been installed anew since.
      return claimed(pad, { ...toldAnew(existing), installationId: event.installationId, payload: event.payload }, placement);
    });
    return { won: written, record };
  }

  /**
   * Writes what follows from a record, and from what others have written in its place by then: a round may have, of what it saw a moment before the job's
   * approval. Where nothing follows any more, nothing is written.
   */
  async function rewrite(record: JobRecord, follow: (existing: JobRecord) => JobRecord | null): Promise<{ written: boolean; record: JobRecord; before: JobRecord }> {
    let before = record;
    for (let attempt = 0; attempt < WRITE_ATTEMPTS; attempt += 1) {
      const next = follow(before);
      if (!next) return { written: false, record: before, before };
      const replaced = await pad.store.replace(next);
      if (replaced.written) return { written: true, record: { ...next, revision: next.revision + 1 }, before };
      before = present(replaced.existing, record.jobId);
    }
    throw new StoreError("store-failed", `job ${record.jobId} was written by others ${WRITE_ATTEMPTS} times in a row`, { retryable: true });
  }

  /** Keeps a decision that ends here, unless the job is on record already. */
  async function keep(record: JobRecord, decision: "wait" | "ignore"): Promise<Outcome> {
    const created = await pad.store.create(record);
    if (created.written) {
      pad.report({ jobId: record.jobId, launch: 0, step: decision === "wait" ? "waiting" : "ignored", reason: record.reason });
      return decision === "wait" ? waitOutcome(record) : { decision, reason: record.reason, jobId: record.jobId };
    }
    // Approved after more than a day, or given up too early: the reconciler shall look at once, not when the approval's next look is due.
    const rewritten = await rewrite(created.existing ?? record, (existing) =>
      decision === "wait" && (awaitsApproval(existing) || existing.state === "given-up") ? waitForGithub(toldAnew(existing), "check-at-github", record.placement, pad.clock()) : null,
    );
    return rewritten.written ? waitOutcome(rewritten.record) : duplicate(rewritten.record);
  }

  /** Moves the record on by what GitHub says. Deliveries come twice, late and in any order, so the record may not exist yet. */
  async function note(event: WorkflowJobEvent, status: "waiting" | "in_progress" | "completed"): Promise<Outcome> {
    const { job } = event;
    const outcome: Outcome = { decision: "note", reason: status, jobId: job.id };
    const noting = (record: JobRecord) => noted(record, event, status);
    const reported = (before: JobRecord | null, after: JobRecord): Outcome => {
      const queued = queuedMs(before, after);
      pad.report({ jobId: job.id, launch: after.launch, step: "noted", reason: status, ...(queued !== null && { queuedMs: queued }) });
      return outcome;
    };
    let existing = await pad.store.get(job.id);
    if (!existing) {
      const first = noting(newRecord(event, pad.clock()));
      if (!first || !matchProfile(policy.profiles, job.labels).matched) return outcome;
      const created = await pad.store.create(first);
      if (created.written) return reported(null, first);
      existing = present(created.existing, job.id);
    }
    const { written, record, before } = await rewrite(existing, noting);
    return written ? reported(before, record) : outcome;
  }

  function noted(record: JobRecord, event: WorkflowJobEvent, status: string): JobRecord | null {
    if (status === "waiting") {
      const untouched = record.state === "waiting" && record.launch === 0;
      return untouched ? waitForGithub(record, "deployment-approval", approvalPlacement(event), pad.clock()) : null;
    }
    const { conclusion, runnerName, startedAt } = event.job;
    const seen: JobAtGithub = { status, conclusion, runnerName, startedAt };
    const hasOurRunner = runnerName !== null && parseRunnerName(pad.runnerNamePrefix, runnerName) !== null;
    return advance(record.state === "ignored" && hasOurRunner ? followed(record) : record, seen, pad.clock());
  }

  /** Where the job will run once approved, so that the reconciler can launch it should the second `queued` never come. */
  function approvalPlacement(event: WorkflowJobEvent): Placement | null {
    const approved = decide({ ...event, action: "queued", job: { ...event.job, status: "queued" } }, policy, event.job.createdAt);
    return approved.kind === "launch" ? placementOf(event, approved) : null;
  }

  /** For whoever else subscribes; the record is what counts, so a bus that fails here changes no answer. */
  async function tellTheBus(event: WorkflowJobEvent, outcome: Outcome & { decision: "wait" | "ignore" | "note" }, log: Log): Promise<void> {
    const { decision, reason, jobId } = outcome;
    try {
      await pad.publisher.publish(noticeEvent(event.payload, { decision, reason, jobId }));
    } catch (error) {
      log.warn({ err: error instanceof Error ? error.message : String(error) }, "notice not published");
    }
  }
}

function placementOf(event: WorkflowJobEvent, decision: { profile: { name: string }; target: { name: string }; scope: RunnerScope }): Placement {
  const { scope } = decision;
  return { profile: decision.profile.name, target: decision.target.name, scope, url: `${event.webOrigin}/${scopePath(scope)}` };
}

function duplicate(record: JobRecord): Outcome {
  if (record.state === "waiting") return waitOutcome(record);
  return { decision: "duplicate", reason: `already-${record.state}`, jobId: record.jobId, launch: record.launch };
}

function waitOutcome(record: JobRecord): Outcome {
  return {
    decision: "wait",
    reason: record.reason,
    jobId: record.jobId,
    launch: record.launch,
    ...(record.nextTryAt !== null && { nextTryAt: record.nextTryAt }),
  };
}

function present(record: JobRecord | null, jobId: string): JobRecord {
  if (record) return record;
  throw new StoreError("store-failed", `job ${jobId} vanished from the store while it was written`, { retryable: true });
}
