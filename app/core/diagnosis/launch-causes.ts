/** A launch that is under way, or was given up: the task, its runner, and who looks after both. */
import { labelsCover } from "../labels.ts";
import { bootAllowanceMs } from "../runner-profiles.ts";
import { fine, unknown, waits, wrong, type Cause } from "./cause.ts";
import { adviceFor } from "./failure-causes.ts";
import type { Situation } from "./situation.ts";
import { ago, INTO_FORCE, labelList, NOTHING, RECONCILE_LOG, RERUN, span } from "./wording.ts";

/** A round is due every minute, and one that takes long lasts a few. */
export const ROUND_OVERDUE_MS = 5 * 60_000;
/** EventBridge and ECS take seconds. */
const TASK_DUE_MS = 2 * 60_000;
/** GitHub gives a queued job to an idle runner within seconds. */
const ASSIGNMENT_DUE_MS = 60_000;
const BEFORE_RUNNING: ReadonlySet<string> = new Set(["PROVISIONING", "PENDING", "ACTIVATING"]);

function launching({ record, unfinished }: Situation): boolean {
  return unfinished && record?.state === "launching";
}

function sinceLaunch({ record, now }: Situation): number {
  return now - (record?.launchedAt ?? now);
}

function livingTask({ launchTasks }: Situation) {
  return launchTasks.find(({ stoppedAt }) => stoppedAt === null) ?? null;
}

/** Before the reasons for which jobs wait: these stay until somebody acts. */
export const standstillCauses: readonly Cause[] = [
  {
    id: "given-up",
    topic: "record",
    explain(situation) {
      const { record, unfinished, now } = situation;
      if (!unfinished || record?.state !== "given-up") return null;
      const before = record.steps.findLast(({ kind, reason }) => kind === "wait" && reason !== "")?.reason ?? "";
      return wrong(
        GIVEN_UP[record.reason] ?? "Baton gave the job up: its launches kept failing in a way that only a change of settings can mend.",
        [`On record: given up (${record.reason}) ${ago(record.endedAt ?? now, now)}, after ${record.launch} launch${record.launch === 1 ? "" : "es"}.`, ...(before === "" ? [] : [`What ended the last ones: ${before}.`])],
        [...adviceFor(GIVEN_UP[record.reason] === undefined ? record.reason : before).filter((step) => !step.includes("by itself")), `Then launch it again on the job's page, or: ${RERUN}`],
      );
    },
  },
  {
    id: "profile-removed",
    topic: "labels",
    explain({ record, unfinished, evidence: { profiles } }) {
      if (!unfinished || !record?.placement || (record.state !== "waiting" && record.state !== "launching")) return null;
      const { profile } = record.placement;
      if (profiles.profiles.some(({ name }) => name === profile)) return null;
      return wrong(
        `The job was placed on the profile "${profile}", which has been removed since.`,
        [`On record: ${record.state}; the profiles now: ${profiles.profiles.map(({ name }) => name).join(", ")}.`],
        [`Put it back in infra/runner-profiles.yml. ${INTO_FORCE}`, "Or name another profile's labels in runs-on."],
      );
    },
  },
  {
    id: "reconciler-stopped",
    topic: "reconciler",
    explain({ record, unfinished, now, evidence: { lastRoundAt } }) {
      const needsIt = record?.state === "waiting" || (record?.state === "launching" && (record.leaseUntil ?? 0) <= now);
      if (!unfinished || !needsIt || lastRoundAt?.kind !== "seen") return null;
      const at = lastRoundAt.value;
      if (at !== null && now - at <= ROUND_OVERDUE_MS) return null;
      return wrong(
        "The reconciler does not run, which would launch the job again.",
        [at === null ? "No round of it is on record." : `Its last round was ${ago(at, now)}; one is due every minute.`, `On record: ${record.state}${record.reason === "" ? "" : ` (${record.reason})`}.`],
        ["See that its schedule is enabled and its function is not throttled or failing (the stack's alarms tell).", RECONCILE_LOG],
      );
    },
  },
];

const GIVEN_UP: Readonly<Record<string, string>> = {
  "launches-exhausted": "Baton gave the job up: launch after launch came to nothing.",
  "job-gone-at-github": "Baton gave the job up: GitHub no longer had it.",
  "not-seen-at-github": "Baton gave the job up: for a day it could not look at it at GitHub.",
  "profile-removed": "Baton gave the job up: the profile it was placed on has been removed.",
};

/** After them: a launch that may still succeed. */
export const launchCauses: readonly Cause[] = [
  {
    id: "runner-busy-elsewhere",
    topic: "runner",
    explain: (situation) =>
      launching(situation) && situation.launchRunner?.busy === true
        ? waits(
            "GitHub gave the runner that came for the job to another job of the same labels; this one gets the next.",
            [`${situation.launchName} is busy.`],
            ["Baton launches another by itself, once it is sure that no other runner comes."],
          )
        : null,
  },
  {
    id: "runner-offline",
    topic: "runner",
    explain(situation) {
      const { launchRunner, launchName, record } = situation;
      // A JIT runner is on GitHub's list before any task runs.
      const starting = livingTask(situation) !== null && sinceLaunch(situation) < (situation.target ? bootAllowanceMs(situation.target) : 0);
      if (!launching(situation) || !launchRunner || launchRunner.online || starting || sinceLaunch(situation) < TASK_DUE_MS) return null;
      return wrong(
        "The runner has registered, and GitHub does not hear of it any more.",
        [`${launchName} is offline at GitHub.`, `It was launched ${span(sinceLaunch(situation))} ago; its task is ${livingTask(situation)?.lastStatus ?? "not there"}.`],
        [
          "See that the task's network lets it reach GitHub for longer than the registration: proxies that cut long connections are a known cause.",
          `Baton removes it and launches the job again when its time is over, ${span(Math.max(0, (record?.leaseUntil ?? 0) - situation.now))} from now.`,
        ],
      );
    },
  },
  {
    id: "runner-labels-differ",
    topic: "runner",
    explain(situation) {
      const { launchRunner, labels, profile } = situation;
      if (!launching(situation) || launchRunner?.online !== true || labelsCover(launchRunner.labels, labels)) return null;
      return wrong(
        "The runner that came for the job lacks a label of the job, so that GitHub does not give it the job.",
        [`runs-on: ${labelList(labels)}`, `The runner has ${labelList(launchRunner.labels)}.`],
        [`The labels of the profile "${profile?.name ?? ""}" were changed while the job waited: ${RERUN}`],
      );
    },
  },
  {
    id: "github-does-not-assign",
    topic: "runner",
    explain(situation) {
      const { launchRunner, launchName, fullName } = situation;
      if (!launching(situation) || launchRunner?.online !== true || sinceLaunch(situation) < ASSIGNMENT_DUE_MS) return null;
      return wrong(
        "A runner with the job's labels is online and idle, and GitHub does not give it the job.",
        [`${launchName} is online and idle, ${span(sinceLaunch(situation))} after its launch.`],
        [
          `See that its runner group is open to ${fullName} and to the workflow: the organization's settings, Actions, Runner groups.`,
          "https://www.githubstatus.com tells whether GitHub has trouble with Actions. The runner waits for its idle timeout, and Baton launches another if the job still waits then.",
        ],
      );
    },
  },
  {
    id: "runner-ready",
    topic: "runner",
    explain: (situation) =>
      launching(situation) && situation.launchRunner?.online === true
        ? waits("The job's runner is online; GitHub gives it the job within seconds.", [`${situation.launchName} is online and idle.`], [NOTHING])
        : null,
  },
  {
    id: "ec2-starts-an-instance",
    topic: "task",
    explain(situation) {
      const task = livingTask(situation);
      if (!launching(situation) || !task || situation.target?.compute !== "ec2" || !BEFORE_RUNNING.has(task.lastStatus) || situation.now - task.createdAt < TASK_DUE_MS) return null;
      return waits(
        "The job's task has no EC2 instance yet: one is being started, or all that there may be are taken.",
        [`The task is ${task.lastStatus}, for ${span(situation.now - task.createdAt)}; an instance takes two to five minutes to start.`],
        ["It goes on when an instance is there or another job ends.", "Should it wait for longer: raise the target's maximum (docs/settings.md), or the account's vCPU quota for that instance family."],
      );
    },
  },
  {
    id: "task-does-not-register",
    topic: "task",
    explain(situation) {
      const task = livingTask(situation);
      const { target, now } = situation;
      if (!launching(situation) || !task || !target || now - task.createdAt <= bootAllowanceMs(target)) return null;
      return wrong(
        "The job's task runs for longer than it takes to start, and no runner has registered.",
        [`The task is ${task.lastStatus}, for ${span(now - task.createdAt)}; ${span(bootAllowanceMs(target))} are allowed for on ${target.compute}.`],
        ["See that the task reaches GitHub: its subnets' way to the internet, its security group, a proxy.", "Its log says how far it came.", "Baton launches the job again by itself when the launch's time is over."],
      );
    },
  },
  {
    id: "task-boots",
    topic: "task",
    explain(situation) {
      const task = livingTask(situation);
      const { target, now } = situation;
      if (!launching(situation) || !task) return null;
      return waits("The job's task is starting.", [`It is ${task.lastStatus}, since ${span(now - task.createdAt)}; ${target?.compute ?? "it"} takes up to ${span(target ? bootAllowanceMs(target) : TASK_DUE_MS)}.`], [NOTHING]);
    },
  },
  {
    id: "no-task-came",
    topic: "task",
    explain(situation) {
      const { launchTasks, evidence, launchName, record } = situation;
      if (!launching(situation) || evidence.tasks?.kind !== "seen" || launchTasks.length > 0 || sinceLaunch(situation) < TASK_DUE_MS) return null;
      return wrong(
        "The job's launch was published, and no task came of it.",
        [`ECS has no task for ${launchName}, ${span(sinceLaunch(situation))} after its launch.`],
        [
          "Most often the account's quota of vCPUs is used up, or an EC2 group is at its maximum: npm run deploy -- --check compares the quotas.",
          "Or the rule failed: its dead-letter queue and CloudTrail's RunTask events tell.",
          `Baton makes the next launch by itself in ${span(Math.max(0, (record?.leaseUntil ?? 0) - situation.now))}.`,
        ],
      );
    },
  },
  {
    id: "launch-underway",
    topic: "task",
    explain: (situation) =>
      launching(situation)
        ? waits(
            "The job's launch has been published; its task should be there within seconds.",
            [`Launched ${span(sinceLaunch(situation))} ago${situation.evidence.tasks?.kind === "seen" ? "" : "; ECS's tasks could not be looked at"}.`],
            ["Ask again in a minute."],
          )
        : null,
  },
  {
    id: "returned-to-the-queue",
    topic: "job-at-github",
    explain: ({ record, job }) =>
      job?.status === "queued" && record?.state === "running"
        ? waits(
            "The job had a runner, and GitHub put it back into its queue: the runner did not take it up within a minute.",
            [`On record it runs on ${record.runnerName ?? "a runner"}; GitHub says that it is queued.`],
            ["GitHub gives it to the next idle runner. Should it stay so for minutes: re-run it."],
          )
        : null,
  },
  {
    id: "over-on-record",
    topic: "record",
    explain: ({ record, evidence: { job } }) =>
      record?.state === "completed" && job?.kind !== "seen"
        ? fine(`The job is over: ${record.conclusion ?? "unknown"}${record.runnerName === null ? ", without a runner" : `, on ${record.runnerName}`}.`, ["So it is on record; GitHub could not be asked."])
        : null,
  },
  {
    id: "unexplained",
    topic: "record",
    explain: ({ record, evidence }) =>
      unknown(
        "Nothing that could be seen is wrong, and the job still waits.",
        [record ? `On record: ${record.state}${record.reason === "" ? "" : ` (${record.reason})`}.` : evidence.record?.kind === "seen" ? "Nothing is on record of it." : "The jobs table could not be read."],
        ["See below what could not be looked at.", "Ask again in a minute; if it stays, the webhook function's and the reconciler's logs name the job's number."],
      ),
  },
];
