/** Why nothing is on record of a job that GitHub has: its `queued` did not reach us. */
import { unknown, waits, wrong, type Cause, type Explanation } from "./cause.ts";
import type { DeliveryAttempt, JobDeliveries } from "./job-evidence.ts";
import type { Situation } from "./situation.ts";
import { ago, NOTHING, RERUN, span, WEBHOOK_LOG } from "./wording.ts";

/** GitHub sends within seconds, and gives up after ten. */
const ON_ITS_WAY_MS = 30_000;
/** GitHub docs: deliveries are kept, and delivered again, for three days. */
const KEPT_MS = 3 * 24 * 3600 * 1000;
/** The reconciler brings what failed back within a minute or two, then after five minutes and an hour. */
const REDELIVERY = "The reconciler has GitHub deliver it again within minutes, and twice later; at once: Advanced, Recent Deliveries, Redeliver on the App's settings page.";

/** No record, though GitHub was asked for the job and it still wants a runner. */
function unheard({ evidence: { record }, job, unfinished }: Situation): boolean {
  return record?.kind === "seen" && record.value === null && job !== null && unfinished;
}

/** The table is down now, and was when the delivery came. */
function unreadable({ evidence: { record }, job, unfinished }: Situation): boolean {
  return record?.kind === "failed" && job !== null && unfinished;
}

function deliveriesOf({ evidence: { deliveries } }: Situation): JobDeliveries | null {
  return deliveries?.kind === "seen" ? deliveries.value : null;
}

/** The newest attempt, unless one succeeded. */
function failedAttempt(situation: Situation): DeliveryAttempt | null {
  const attempts = deliveriesOf(situation)?.attempts ?? [];
  return attempts.some(succeeded) ? null : (attempts[0] ?? null);
}

function succeeded({ statusCode }: DeliveryAttempt): boolean {
  return statusCode >= 200 && statusCode < 300;
}

function failure(id: string, applies: (attempt: DeliveryAttempt) => boolean, explain: (because: readonly string[]) => Explanation): Cause {
  return {
    id,
    topic: "hook-delivery",
    explain(situation) {
      const attempt = unheard(situation) || unreadable(situation) ? failedAttempt(situation) : null;
      if (!attempt || !applies(attempt)) return null;
      const certain = deliveriesOf(situation)?.certain === true;
      return explain([
        `GitHub's delivery of ${certain ? "the job's event" : "an event of this repository at that time"} was answered ${attempt.statusCode === 0 ? "by nobody" : attempt.statusCode} (${attempt.status}), ${ago(attempt.deliveredAt, situation.now)}.`,
        unreadable(situation) ? "Whether anything is on record of the job could not be read." : "Nothing is on record of the job.",
      ]);
    },
  };
}

const isTimeout = ({ status, statusCode }: DeliveryAttempt): boolean => statusCode === 504 || /timed? ?out/i.test(status);
const isUnreachable = ({ status, statusCode }: DeliveryAttempt): boolean => statusCode === 0 || /connect|resolve|ssl|certificate|closed/i.test(status);

export const deliveryCauses: readonly Cause[] = [
  {
    id: "event-not-subscribed",
    topic: "hook",
    explain(situation) {
      const { installation, evidence: { app } } = situation;
      if (!unheard(situation) || !installation || installation.events.includes("workflow_job")) return null;
      const asked = app.kind === "seen" && app.value.events.includes("workflow_job");
      return wrong(
        `The installation on ${installation.account.login} does not get the event "Workflow job", so that Baton hears of no job.`,
        [`Its events: ${installation.events.join(", ") || "none"}.`, ...(asked ? ["The App subscribes to it by now."] : [])],
        asked
          ? [`An owner of ${installation.account.login} accepts what the App newly asks for: ${installation.htmlUrl}`, RERUN]
          : [`Subscribe the App to "Workflow job" in its settings, Permissions & events: ${app.kind === "seen" ? app.value.htmlUrl : "the App's settings page"}`, RERUN],
      );
    },
  },
  {
    id: "hook-not-set",
    topic: "hook",
    explain(situation) {
      const { hook, hookUrl } = situation.evidence;
      if (!unheard(situation) || hook?.kind !== "seen" || hook.value === null || hook.value.url !== "") return null;
      return wrong("The App has no webhook address, so that GitHub sends its events nowhere.", ["GitHub shows no address."], [`Set it: npm run setup does${hookUrl === null ? "" : ` (${hookUrl})`}.`, RERUN]);
    },
  },
  {
    id: "hook-elsewhere",
    topic: "hook",
    explain(situation) {
      const { hook, hookUrl } = situation.evidence;
      if (!unheard(situation) || hook?.kind !== "seen" || !hook.value || hookUrl === null || sameUrl(hook.value.url, hookUrl)) return null;
      return wrong(
        "The App's webhook leads elsewhere, not to this deployment.",
        [`GitHub sends to ${hook.value.url}; this deployment listens at ${hookUrl}.`],
        ["npm run setup sets it (with -- --stack NAME to a deployed stack).", "Or another deployment has this App: each needs an App of its own.", RERUN],
      );
    },
  },
  failure("delivery-signature-refused", ({ statusCode }) => statusCode === 401, (because) =>
    wrong("GitHub signs with another webhook secret than Baton has: the delivery was refused.", because, ["npm run setup -- --stack NAME sets GitHub's to the stack's (on this machine: WEBHOOK_SECRET in .env). A function keeps a secret for up to five minutes.", REDELIVERY])),
  failure("delivery-not-stored", ({ statusCode }) => statusCode === 503, (because) =>
    wrong("The delivery came, and the jobs table, or the App's secret, could not be read or written.", because, [WEBHOOK_LOG, "See that the jobs table is there and not throttled.", REDELIVERY])),
  failure("delivery-timed-out", isTimeout, (because) =>
    wrong("The webhook function did not answer within GitHub's ten seconds.", because, [WEBHOOK_LOG, "See that the function is not throttled: new accounts allow ten at once, for all functions together.", REDELIVERY])),
  failure("delivery-unreachable", isUnreachable, (because) =>
    wrong("GitHub could not reach the webhook's address.", because, ["See that the address is right and answers from the internet; behind a proxy such as smee, that its client runs (npm start).", REDELIVERY])),
  failure("delivery-failed", ({ statusCode }) => statusCode >= 500, (because) => wrong("The webhook function failed at the delivery.", because, [WEBHOOK_LOG, REDELIVERY])),
  failure("delivery-refused", ({ statusCode }) => statusCode >= 300, (because) =>
    wrong("What listens at the webhook's address refused the delivery.", because, ["400 is a body that is not GitHub's, as a proxy makes it that writes JSON anew; 403 and 404 are not Baton's answers: something stands before it.", WEBHOOK_LOG])),
  {
    id: "delivery-on-its-way",
    topic: "hook-delivery",
    explain: (situation) => {
      const { job, now } = situation;
      if (!unheard(situation) || !job || now - job.createdAt >= ON_ITS_WAY_MS || (deliveriesOf(situation)?.attempts.length ?? 0) > 0) return null;
      return waits("The job is seconds old, and GitHub's word of it has not arrived yet.", [`It was created ${ago(job.createdAt, now)}.`], ["Ask again in half a minute."]);
    },
  },
  {
    id: "delivery-forgotten",
    topic: "hook-delivery",
    explain(situation) {
      const { job, now } = situation;
      if (!unheard(situation) || !job || now - job.createdAt <= KEPT_MS || (deliveriesOf(situation)?.attempts.length ?? 0) > 0) return null;
      return wrong("Baton has never heard of the job, and GitHub no longer has the delivery that would tell of it.", [`It is ${span(now - job.createdAt)} old; GitHub keeps deliveries for three days.`], [RERUN]);
    },
  },
  {
    id: "delivery-never-sent",
    topic: "hook-delivery",
    explain(situation) {
      const deliveries = deliveriesOf(situation);
      if (!unheard(situation) || !deliveries?.complete || deliveries.attempts.length > 0) return null;
      return wrong(
        "GitHub has never sent the job's event, as happens now and then.",
        ["The App's list of deliveries has none of this job, and nothing is on record of it."],
        ["Where a job of ours ran in the repository within 30 days, the reconciler finds it in GitHub's queue within minutes.", `Otherwise: ${RERUN}`, "Should GitHub send nothing at all: tick Active below Webhook in the App's settings; whether it is ticked GitHub tells no program."],
      );
    },
  },
  {
    id: "delivered-without-record",
    topic: "record",
    explain(situation) {
      const done = unheard(situation) ? deliveriesOf(situation)?.attempts.find(succeeded) : undefined;
      if (!done || deliveriesOf(situation)?.certain !== true) return null;
      return wrong(
        "GitHub's delivery was taken, and there is no record of the job: another deployment took it, or the table is another one.",
        [`It was answered ${done.statusCode}, ${ago(done.deliveredAt, situation.now)}.`],
        ["See what the answer says: Advanced, Recent Deliveries on the App's settings page.", "Ask the deployment that GitHub sends to: npm run doctor -- --stack NAME JOB_URL."],
      );
    },
  },
  {
    id: "not-on-record",
    topic: "record",
    explain: (situation) =>
      unheard(situation)
        ? unknown(
            "Nothing is on record of the job, and whether GitHub's delivery of it arrived cannot be told.",
            [deliveriesOf(situation)?.attempts.some(succeeded) ? "Deliveries of its repository at that time were taken." : "The App's deliveries of that time could not be seen."],
            ["npm run doctor -- JOB_URL on the operator's machine sees each delivery.", "The reconciler finds jobs that GitHub did not announce within minutes, in repositories that had a job of ours within 30 days.", NOTHING],
          )
        : null,
  },
];

export function sameUrl(one: string, other: string): boolean {
  return one.replace(/\/+$/, "").toLowerCase() === other.replace(/\/+$/, "").toLowerCase();
}
