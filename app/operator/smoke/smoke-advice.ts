import type { RunnerTask } from "../../core/observation.ts";
import type { SmokeSight, SmokeStep } from "./smoke-progress.ts";

export interface SmokeFailure {
  readonly step: SmokeStep;
  readonly what: string;
  /** The next step to take. */
  readonly next: string;
}

/** Names in commands that the advice gives. */
export interface SmokeNames {
  readonly stack: string;
  readonly cluster: string;
  readonly webhookFunction: string;
  readonly reconcileFunction: string;
  readonly profile: string;
  readonly repository: string;
  readonly settingsUrl: string;
}

/** Why the way ended at `step`, as far as it can be told from what was last seen, and what to do. */
export function smokeFailure(step: SmokeStep, sight: SmokeSight, names: SmokeNames): SmokeFailure {
  const { what, next } = ADVICE[step](sight, names);
  const unseen = sight.troubles.length === 0 ? "" : ` Not everything could be looked at: ${sight.troubles.join("; ")}.`;
  return { step, what: `${what}${unseen}`, next };
}

type Advice = Readonly<Record<SmokeStep, (sight: SmokeSight, names: SmokeNames) => { readonly what: string; readonly next: string }>>;

const ADVICE: Advice = {
  queued: ({ runUrl }, { repository }) =>
    runUrl === null
      ? { what: "GitHub took the order and shows no run.", next: `Look at the Actions tab of ${repository}: Actions may be off there, or waiting for a person's approval.` }
      : { what: "There is a run, and no job in it yet.", next: `Look at ${runUrl}: it may be waiting for an approval, or for another run to end.` },

  delivered: ({ delivery }, { settingsUrl, stack, webhookFunction }) => {
    if (delivery === null) return { what: "GitHub has not delivered the job's event.", next: `See at ${settingsUrl} that the App has a webhook, that it is active, and that it subscribes to "Workflow job". npm run setup -- --stack ${stack} sets it again.` };
    if (delivery.statusCode === 401) return { what: "The webhook function refused the signature (401): GitHub and the stack have different secrets.", next: `npm run setup -- --stack ${stack} sets GitHub's to the stack's. A function keeps a secret for up to five minutes.` };
    return { what: `GitHub's delivery was answered ${delivery.statusCode} (${delivery.status}).`, next: `aws logs tail --since 15m --format short $(aws lambda get-function-configuration --function-name ${webhookFunction} --query LoggingConfig.LogGroup --output text)` };
  },

  recorded: (_, { webhookFunction }) => ({
    what: "The delivery was taken, and there is no record of the job: it is another App's or another stack's table that was looked at, or the answer says why.",
    next: `See the delivery's answer under "Advanced" in the App's settings, and the log: aws logs tail --since 15m $(aws lambda get-function-configuration --function-name ${webhookFunction} --query LoggingConfig.LogGroup --output text)`,
  }),

  launched: ({ record }, names) => {
    const reason = record?.reason ?? "";
    if (record?.state === "ignored") return { what: `Baton ignored the job: ${reason}.`, next: IGNORED[reason] ?? `infra/runner-profiles.yml decides; ${names.profile} is the profile that was tried. npm run deploy brings a change into force.` };
    if (record?.state === "given-up") return { what: `Baton gave the job up: ${reason}.`, next: WAITING[reasonTopic(reason)]?.(names) ?? logOf(names.reconcileFunction) };
    return { what: `The job waits: ${reason === "" ? "no reason is on record" : reason}.`, next: WAITING[reasonTopic(reason)]?.(names) ?? logOf(names.webhookFunction) };
  },

  task: (sight, names) => (sight.record?.state === "waiting" ? ADVICE.launched(sight, names) : noTask(sight, names)),
  registered: (sight, names) => {
    const ended = sight.tasks.findLast(({ stoppedAt }) => stoppedAt !== null);
    const living = sight.tasks.find(({ stoppedAt }) => stoppedAt === null);
    if (!ended && living) return { what: `The task is ${living.lastStatus} and no runner has registered.`, next: `Its image may still be pulled, or it does not reach GitHub: aws ecs describe-tasks --cluster ${names.cluster} --tasks ${living.arn}` };
    return { what: `The task ended before a runner registered: ${endOf(ended)}.`, next: taskAdvice(ended, names) };
  },

  running: ({ tasks }, { repository, profile }) => {
    const ended = tasks.length > 0 && tasks.every(({ stoppedAt }) => stoppedAt !== null) ? tasks.at(-1) : undefined;
    return {
      what: ended ? `The runner registered and its task ended without the job: ${endOf(ended)}.` : "A runner is there, and GitHub does not give it the job.",
      next: `See that the runner group of the profile "${profile}" (organization settings, Actions, Runner groups) is open to ${repository}, and to public repositories if it is one.`,
    };
  },

  done: ({ job }) =>
    job?.status === "completed"
      ? { what: `The job ran on ${job.runnerName ?? "no runner"} and ended as "${job.conclusion ?? "unknown"}".`, next: `Its log: ${job.htmlUrl}` }
      : { what: "The job still runs.", next: `Look at its log: ${job?.htmlUrl ?? ""}` },

  gone: ({ tasks, runners }, { cluster }) => {
    const living = tasks.filter(({ stoppedAt }) => stoppedAt === null);
    const left = living.length > 0 ? `${living.length} task(s) still run` : runners === null ? "GitHub's list of runners could not be read" : "GitHub still lists the runner";
    return { what: `The job is done, but not everything went after it: ${left}.`, next: `The reconciler removes what is left within minutes; look again: aws ecs list-tasks --cluster ${cluster}` };
  },
};

function noTask({ record }: SmokeSight, { cluster, reconcileFunction }: SmokeNames) {
  return {
    what: `The launch event was published, and no task came of it${record && record.launch > 1 ? `, nor of ${record.launch - 1} before it` : ""}.`,
    next: `The quota of vCPUs may be too low (npm run deploy -- --check compares it), or the rule failed: ${logOf(reconcileFunction)} and the dead-letter queue tell. Tasks: aws ecs list-tasks --cluster ${cluster} --desired-status STOPPED`,
  };
}

const IGNORED: Readonly<Record<string, string>> = {
  "public-repository": "The profile takes no jobs of public repositories, since a fork's pull request could run anything. Use a private repository, or set publicRepositories: true in infra/runner-profiles.yml and run npm run deploy.",
  "no-matching-profile": "No profile's labels cover the job's. Compare runs-on with infra/runner-profiles.yml; npm run deploy brings a change into force.",
  "repository-not-allowed": "The profile does not admit this repository: see `repositories` in infra/runner-profiles.yml; npm run deploy brings a change into force.",
};

const WAITING: Readonly<Record<string, (names: SmokeNames) => string>> = {
  mint: ({ settingsUrl }) => `GitHub gave no registration token. See that the organization has accepted the App's permissions (${settingsUrl}, "Install App"), and that self-hosted runners are allowed.`,
  seal: ({ webhookFunction }) => `KMS did not encrypt. See that its key is enabled; ${logOf(webhookFunction)}`,
  publish: ({ webhookFunction }) => `EventBridge did not take the event; ${logOf(webhookFunction)}`,
  task: (names) => taskAdvice(undefined, names),
};

function reasonTopic(reason: string): string {
  return reason.split("-")[0] ?? "";
}

function endOf(task: RunnerTask | undefined): string {
  if (!task) return "nothing is known of it";
  const { exitCode, stopCode, stoppedReason } = task;
  return [exitCode === null ? null : `exit code ${exitCode}`, stopCode, stoppedReason].filter((part) => part !== null && part !== "").join(", ");
}

/** Exit codes of runner-image/README.md, and ECS's own words where the container never ran. */
function taskAdvice(task: RunnerTask | undefined, names: SmokeNames): string {
  if (/CannotPull|pull.*image|manifest.*not found|image.*not found/i.test(task?.stoppedReason ?? "")) return "The image is not there or cannot be pulled: see that its build has ended well (the last build of the stack's CodeBuild project), then run this again.";
  switch (task?.exitCode) {
    case 12:
      return "The credential was refused or could not be opened: see that the App is still installed on the organization, and the task's log.";
    case 13:
      return "GitHub refuses this version of the runner: build the image anew.";
    case 16:
      return "The task could not reach GitHub or KMS: see its subnets' way to the internet and its security group.";
    default:
      return `aws ecs list-tasks --cluster ${names.cluster} --desired-status STOPPED, then aws ecs describe-tasks, and the task's log group tell more.`;
  }
}

function logOf(functionName: string): string {
  return `the log: aws logs tail --since 15m $(aws lambda get-function-configuration --function-name ${functionName} --query LoggingConfig.LogGroup --output text)`;
}
