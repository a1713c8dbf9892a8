import type { JobRecord, Placement } from "./job-record.ts";
import type { RunnerProfile } from "./runner-profiles.ts";

export const EVENT_SOURCE = "github.com";
export const WORKFLOW_JOB_DETAIL_TYPE = "workflow_job";
export const INSTALLATION_DETAIL_TYPE = "installation";
export const EVENT_VERSION = "1";

/** The member `runner` that Baton adds to GitHub's payload. Strings, because each becomes an environment value by an input transformer. */
export interface LaunchRunner {
  readonly version: typeof EVENT_VERSION;
  readonly decision: "launch";
  readonly reason: "";
  readonly jobId: string;
  readonly launch: string;
  readonly name: string;
  readonly profile: string;
  readonly target: string;
  readonly url: string;
  readonly labels: string;
  readonly group: string;
  readonly cpu: string;
  readonly memory: string;
  /** A number: ECS takes a number for the disk, and the transformer keeps what it finds. Fargate targets only. */
  readonly diskGiB?: number;
  readonly idleTimeoutSeconds: string;
  readonly registration: "token" | "jit";
  /** Sealed: `kms:` or, on a laptop, `plain:` and base64. */
  readonly credential: string;
  /** ISO 8601. */
  readonly expiresAt: string;
}

/** The same member for what launches nothing. */
export interface NoticeRunner {
  readonly version: typeof EVENT_VERSION;
  readonly decision: "wait" | "ignore" | "note";
  readonly reason: string;
  readonly jobId: string;
}

export interface BusEvent {
  readonly source: typeof EVENT_SOURCE;
  readonly detailType: typeof WORKFLOW_JOB_DETAIL_TYPE | typeof INSTALLATION_DETAIL_TYPE;
  readonly detail: Readonly<Record<string, unknown>>;
}

/** GitHub's payload plus `runner`, for the rule that launches. */
export function launchEvent(
  record: JobRecord,
  placement: Placement,
  profile: RunnerProfile,
  name: string,
  sealed: { readonly credential: string; readonly expiresAt: number },
): BusEvent {
  const runner: LaunchRunner = {
    version: EVENT_VERSION,
    decision: "launch",
    reason: "",
    jobId: record.jobId,
    launch: String(record.launch),
    name,
    profile: profile.name,
    target: placement.target,
    url: placement.url,
    labels: profile.labels.join(","),
    group: profile.group,
    cpu: String(profile.cpu),
    memory: String(profile.memory),
    ...(profile.diskGiB !== null && { diskGiB: profile.diskGiB }),
    idleTimeoutSeconds: String(profile.idleTimeoutSeconds),
    registration: profile.registration,
    credential: sealed.credential,
    expiresAt: new Date(sealed.expiresAt).toISOString(),
  };
  // The rules match `action: queued`, and a job recovered after another event is launched all the same.
  return workflowJobEvent({ ...record.payload, action: "queued" }, runner);
}

export function noticeEvent(
  payload: Readonly<Record<string, unknown>>,
  notice: { readonly decision: NoticeRunner["decision"]; readonly reason: string; readonly jobId: string },
): BusEvent {
  const runner: NoticeRunner = { version: EVENT_VERSION, ...notice };
  return workflowJobEvent(payload, runner);
}

function workflowJobEvent(payload: Readonly<Record<string, unknown>>, runner: LaunchRunner | NoticeRunner): BusEvent {
  return { source: EVENT_SOURCE, detailType: WORKFLOW_JOB_DETAIL_TYPE, detail: { ...payload, runner } };
}

export function installationEvent(payload: Readonly<Record<string, unknown>>): BusEvent {
  return { source: EVENT_SOURCE, detailType: INSTALLATION_DETAIL_TYPE, detail: payload };
}
