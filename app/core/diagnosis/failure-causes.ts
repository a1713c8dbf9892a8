/** Why a launch came to nothing, by the reason that the record, or the end of its task, gives. One cause for each reason. */
import { waits, wrong, type Cause, type Explanation, type Topic } from "./cause.ts";
import type { Situation } from "./situation.ts";
import { ahead, INTO_FORCE, RECONCILE_LOG, WEBHOOK_LOG } from "./wording.ts";

interface Failure {
  readonly id: string;
  readonly topic: Topic;
  /** Reasons of records, in the words of the ports and of `endOfTask`. */
  readonly reasons: readonly string[] | RegExp;
  readonly applies?: (situation: Situation) => boolean;
  /** `wrong`: it will be so again until somebody acts. */
  readonly verdict: "wrong" | "waiting";
  readonly summary: string | ((situation: Situation) => string);
  readonly advice: readonly string[];
}

const LATER = "Baton tries again by itself, after a growing pause.";
const TASK_LOG = "Its log is in the stack's log group of runners, named after the runner (on this machine: in the directory of tasks that npm start names).";
const BUILD = "See that the image's build ended well: CodeBuild, the project of the stack's output ImageBuildProjectName (docs/runner-image.md).";
const onEc2 = ({ target }: Situation): boolean => target?.compute === "ec2";

const FAILURES: readonly Failure[] = [
  // Mint
  { id: "mint-refused", topic: "permissions", reasons: ["mint-refused"], verdict: "wrong", summary: "GitHub refuses to register a runner for the job.", advice: ["See whether self-hosted runners are allowed there: the organization's settings, Actions, Runners.", `${WEBHOOK_LOG} It repeats GitHub's own words.`] },
  { id: "mint-throttled", topic: "quota", reasons: ["mint-throttled", "github-throttled"], verdict: "waiting", summary: "GitHub limits how many runners may be registered at a time, and asked to wait.", advice: [LATER, "Should it happen often, let profiles use registration: token, which many launches can share (docs/runbook.md)."] },
  { id: "mint-failed", topic: "job-at-github", reasons: ["mint-failed", "mint-timeout"], verdict: "waiting", summary: "GitHub failed, or gave no answer, when a runner was to be registered.", advice: [LATER, "https://www.githubstatus.com tells whether GitHub has trouble."] },
  { id: "runner-name-taken", topic: "runner", reasons: ["runner-name-taken", "task-runner-name-taken"], verdict: "waiting", summary: "A runner of the launch's name is there already: an earlier try of ours got that far.", advice: ["The next launch has a name of its own; Baton makes it by itself."] },
  { id: "runner-group-missing", topic: "group", reasons: ["runner-group-missing"], verdict: "wrong", summary: ({ profile }) => `The organization has no runner group "${profile?.group ?? ""}".`, advice: ["Create it in the organization's settings, Actions, Runner groups.", `Or name another one in infra/runner-profiles.yml. ${INTO_FORCE}`] },
  // Seal and publish
  { id: "seal-refused", topic: "record", reasons: ["seal-refused", "seal-too-large"], verdict: "wrong", summary: "KMS does not encrypt the runner's credential.", advice: ["See that the key of the stack's output CredentialKeyId is enabled, and that the function's role may use it; npm run deploy mends both.", WEBHOOK_LOG] },
  { id: "seal-failed", topic: "record", reasons: ["seal-failed", "seal-throttled"], verdict: "waiting", summary: "KMS failed or limits us when the runner's credential was to be encrypted.", advice: [LATER, "Should it stay: the AWS Health Dashboard, and KMS's quota of requests a second."] },
  { id: "publish-refused", topic: "record", reasons: ["publish-refused", "publish-too-large"], verdict: "wrong", summary: "EventBridge does not take the launch event.", advice: ["See that the event bus of the stack's output EventBusName is there, and that the function's role may put events on it; npm run deploy mends both.", WEBHOOK_LOG] },
  { id: "publish-failed", topic: "record", reasons: ["publish-failed", "publish-throttled"], verdict: "waiting", summary: "EventBridge failed or limits us when the launch event was to be published.", advice: [LATER, "Should it stay: the AWS Health Dashboard, and EventBridge's quota of PutEvents."] },
  { id: "launch-not-delivered", topic: "task", reasons: /^not-launched-/, verdict: "wrong", summary: "EventBridge could not start the job's task.", advice: ["The reason is EventBridge's own: NO_PERMISSIONS and RESOURCE_NOT_FOUND mean that the rule's role, the cluster or the task definition was changed beside the stack; npm run deploy mends that.", "The event is in the dead-letter queue."] },
  // ECS could not start it
  { id: "task-no-image", topic: "image", reasons: ["task-no-image"], verdict: "wrong", summary: "ECS could not get the runner image, so that the task did not start.", advice: [BUILD, "See that the target's imageTag exists, and that the task's subnets reach ECR."] },
  { id: "task-no-network", topic: "task", reasons: ["task-no-network"], verdict: "wrong", summary: "The task did not start for want of a network: no free address, or no way to the image registry.", advice: ["See that the subnets have free addresses and a way to the internet (public address or NAT).", LATER] },
  { id: "ec2-no-room", topic: "task", reasons: ["task-no-capacity"], applies: onEc2, verdict: "waiting", summary: "No EC2 instance has room for the job's task, and none could be added.", advice: ["The Auto Scaling group may be at its maximum: it goes on when another job ends.", "Should it stay: raise the target's maximum (docs/settings.md), or the account's vCPU quota for that instance family."] },
  { id: "no-capacity", topic: "task", reasons: ["task-no-capacity"], verdict: "waiting", summary: "AWS has no capacity for the job's task at the moment, or the account's quota of vCPUs is used up.", advice: [LATER, "npm run deploy -- --check compares the quota of Fargate vCPUs.", `Give the profile fallbackTargets to go on with. ${INTO_FORCE}`] },
  { id: "task-throttled", topic: "task", reasons: ["task-throttled"], verdict: "waiting", summary: "AWS limits how fast tasks are started, or images are pulled.", advice: [LATER] },
  { id: "spot-interruption", topic: "task", reasons: ["task-spot-interruption", "task-termination-notice"], verdict: "waiting", summary: "AWS took the task's machine back (Spot) before it had the job.", advice: ["Baton goes on by itself, on the profile's next target if it has fallbackTargets."] },
  { id: "task-failed-to-start", topic: "task", reasons: ["task-failed-to-start", "task-stopped", "task-essential-container-exited"], verdict: "wrong", summary: "ECS could not start the job's task.", advice: ["ECS's own words are above. npm run deploy mends roles and task definitions that were changed beside the stack.", LATER] },
  { id: "task-stopped-by-hand", topic: "task", reasons: ["task-user-initiated", "task-service-scheduler-initiated"], verdict: "waiting", summary: "Somebody stopped the job's task before it ran.", advice: [LATER, "ECS's reason above says who, or why."] },
  // The container's exit codes
  { id: "task-idle", topic: "runner", reasons: ["task-idle"], verdict: "wrong", summary: "A runner came for the job, waited, and GitHub gave it nothing (exit code 10).", advice: ["See that the profile's labels cover all of the job's, and that the runner group is open to the repository and the workflow: the organization's settings, Actions, Runner groups.", LATER] },
  { id: "task-credential-refused", topic: "task", reasons: ["task-credential-refused"], verdict: "wrong", summary: "The task's credential was refused by GitHub, or could not be opened (exit code 12).", advice: ["A task that starts more than an hour after its launch comes too late: see how long tasks wait for a place.", "See that the task role may decrypt with the stack's key; npm run deploy mends it.", TASK_LOG] },
  { id: "task-runner-version-deprecated", topic: "image", reasons: ["task-runner-version-deprecated"], verdict: "wrong", summary: "GitHub takes no runner of the image's version any more (exit code 13).", advice: ["Build the image anew. " + BUILD, "A pinned version has to be raised: npm run deploy."] },
  { id: "task-stopped-before-job", topic: "task", reasons: ["task-stopped-before-job"], verdict: "waiting", summary: "The task was told to stop before it had a job (exit code 14).", advice: [LATER] },
  { id: "task-bad-environment", topic: "task", reasons: ["task-bad-environment"], verdict: "wrong", summary: "The task found its settings wrong (exit code 15): a variable, the runner group, or Docker where the target promises it.", advice: [TASK_LOG, "Its last line names what is wrong. npm run deploy brings task definitions and image together."] },
  { id: "task-could-not-reach-github-or-kms", topic: "task", reasons: ["task-could-not-reach-github-or-kms"], verdict: "wrong", summary: "The task could not reach GitHub or KMS (exit code 16).", advice: ["See that the subnets have a way to the internet (public address or NAT), and the security group lets it out.", TASK_LOG, LATER] },
  { id: "task-agent-ended-without-job", topic: "task", reasons: ["task-agent-ended-without-job"], verdict: "waiting", summary: "The runner ended without a job (exit code 17), most often because it was removed at GitHub.", advice: [LATER, TASK_LOG] },
  { id: "task-interrupted-during-job", topic: "task", reasons: ["task-interrupted-during-job"], verdict: "waiting", summary: "The task was interrupted while it ran a job (exit code 18); this job waits again.", advice: [LATER] },
  { id: "task-killed", topic: "task", reasons: ["task-exit-137"], verdict: "wrong", summary: "The task was killed before it had the job, most likely for want of memory (exit code 137).", advice: [`Give the profile more memory in infra/runner-profiles.yml. ${INTO_FORCE}`, TASK_LOG] },
  { id: "task-ended-unexpectedly", topic: "task", reasons: /^task-/, verdict: "wrong", summary: "The job's task ended in a way that Baton does not know.", advice: [TASK_LOG, LATER] },
  // Between the two
  { id: "runner-took-another-job", topic: "runner", reasons: ["runner-took-another-job"], verdict: "waiting", summary: "GitHub gave the runner that came for the job to another job of the same labels; this one gets the next.", advice: ["Baton launches another by itself.", "Jobs that nobody announces to Baton, such as those of repositories that no profile admits, take runners away: keep labels or groups apart."] },
  { id: "being-looked-up", topic: "record", reasons: ["check-at-github", "deployment-approval", "job-gone-at-github", ""], verdict: "waiting", summary: "Baton is about to look at GitHub whether the job still waits, and launches it then: it is old, waited for an approval, or could not be seen the last time.", advice: ["It goes on with the next rounds of the reconciler, once a minute."] },
  { id: "waits-for-another-reason", topic: "record", reasons: /./, verdict: "waiting", summary: "The job waits.", advice: [LATER, RECONCILE_LOG] },
];

export const failureCauses: readonly Cause[] = FAILURES.map(({ id, topic, reasons, applies, verdict, summary, advice }, index) => ({
  id,
  topic,
  explain(situation) {
    const { failure, record, unfinished } = situation;
    const speaks = record?.state === "waiting" || failure !== "";
    if (!unfinished || !record || !speaks || !fits(reasons, failure) || applies?.(situation) === false) return null;
    // The first that fits speaks, whoever asks.
    if (FAILURES.slice(0, index).some((earlier) => fits(earlier.reasons, failure) && earlier.applies?.(situation) !== false)) return null;
    const said = typeof summary === "string" ? summary : summary(situation);
    return (verdict === "wrong" ? wrong : waits)(said, becauseOf(situation), advice);
  },
}));

/** Of a job that was given up. */
export function adviceFor(reason: string): readonly string[] {
  return FAILURES.find(({ reasons }) => fits(reasons, reason))?.advice ?? [];
}

function fits(reasons: Failure["reasons"], reason: string): boolean {
  return reasons instanceof RegExp ? reasons.test(reason) : reasons.includes(reason);
}

function becauseOf(situation: Situation): Explanation["because"] {
  const { record, failure, launchTasks, now } = situation;
  const [task] = launchTasks.toSorted((one, other) => other.createdAt - one.createdAt);
  const words = task ? [task.exitCode === null ? null : `exit code ${task.exitCode}`, task.stopCode, task.stoppedReason].filter((part) => part !== null && part !== "").join(", ") : "";
  return [
    `On record: ${record?.state} (${failure || record?.reason || "no reason yet"}), launch ${record?.launch}${(record?.tries ?? 0) > 1 ? `, ${record?.tries} tries in a row` : ""}.`,
    ...(words === "" ? [] : [`Its last task: ${words}.`]),
    ...lastDetail(situation),
    ...(record?.state === "waiting" ? [`The next try is made ${ahead(record.nextTryAt, now)}.`] : []),
  ];
}

/** What GitHub or ECS said, as far as a step of the record keeps it. */
function lastDetail({ record }: Situation): readonly string[] {
  const step = record?.steps.findLast(({ detail, kind }) => detail !== "" && (kind === "wait" || kind === "given-up"));
  return step ? [step.detail] : [];
}
