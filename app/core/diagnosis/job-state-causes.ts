/** What GitHub itself says of the job: it ended, it runs, or GitHub holds it back. */
import type { JobFacts } from "../facts-at-github.ts";
import { fine, unknown, waits, wrong, type Cause } from "./cause.ts";
import { isOurRunner, type Situation } from "./situation.ts";
import { labelList, NOTHING, RERUN, span } from "./wording.ts";

const DAY_MS = 24 * 3600 * 1000;
/** GitHub docs: labels of its own machines; larger runners have names that an organization chose. */
const HOSTED = /^(?:ubuntu|windows|macos)-/;
/** The agent's own step for `services:` and `container:`. */
const CONTAINERS_STEP = "Initialize containers";
/** 128 + SIGKILL: what is left of a container that the kernel or ECS killed. */
const KILLED = 137;

const ended = (situation: Situation): JobFacts | null => (situation.job?.status === "completed" ? situation.job : null);

export const jobStateCauses: readonly Cause[] = [
  {
    id: "services-on-fargate",
    topic: "task",
    explain({ job, target, profile }) {
      const step = job?.steps.find(({ name, conclusion }) => name === CONTAINERS_STEP && conclusion === "failure");
      if (!step || !target || target.compute === "ec2") return null;
      return wrong(
        "The job wants `services:`, `container:` or a Docker action, and its task runs on Fargate, where there is no Docker.",
        [`Its step "${CONTAINERS_STEP}" failed.`, `It ran by the profile "${profile?.name ?? ""}" on the target "${target.name}", which is ${target.compute}.`],
        [
          "Let it run where there is Docker: on GitHub's own machines (runs-on: ubuntu-latest), or on a runner of yours that has it. An EC2 target does not help by itself: its tasks are not privileged (docs/settings.md).",
          "Or do without: start the service as a process in a step, or use one that the task's network reaches.",
        ],
      );
    },
  },
  {
    id: "containers-failed",
    topic: "task",
    explain({ job, target }) {
      const step = job?.steps.find(({ name, conclusion }) => name === CONTAINERS_STEP && conclusion === "failure");
      if (!step || target?.compute !== "ec2") return null;
      return wrong(
        "The job wants `services:`, `container:` or a Docker action, and could not start them: tasks on EC2 are not privileged, so that jobs have no Docker there.",
        [`Its step "${CONTAINERS_STEP}" failed on the target "${target.name}".`],
        ["Let it run where there is Docker: on GitHub's own machines (runs-on: ubuntu-latest), or on a runner of yours that has it.", `Should your image bring Docker, the step's log names what failed: ${job?.htmlUrl ?? ""}`],
      );
    },
  },
  {
    id: "runner-interrupted",
    topic: "task",
    explain(situation) {
      const job = ended(situation);
      const { itsTask } = situation;
      if (!job || job.conclusion === "success" || !itsTask) return null;
      const spot = itsTask.stopCode === "SpotInterruption" || itsTask.stopCode === "TerminationNotice";
      if (!spot && itsTask.exitCode !== 18) return null;
      return wrong(
        spot ? "AWS took the job's machine back while the job ran (Spot)." : "The job's task was stopped while the job ran.",
        [`The task of ${job.runnerName ?? ""} ended with ${[itsTask.exitCode === null ? null : `exit code ${itsTask.exitCode}`, itsTask.stopCode, itsTask.stoppedReason].filter(Boolean).join(", ")}.`],
        [RERUN, ...(spot ? ["Jobs that must not be interrupted belong on a target that is not Spot."] : ["The reason says who stopped it."])],
      );
    },
  },
  {
    id: "out-of-memory",
    topic: "task",
    explain(situation) {
      const job = ended(situation);
      const { itsTask, profile } = situation;
      if (!job || job.conclusion === "success" || !itsTask) return null;
      if (itsTask.exitCode !== KILLED && !/OutOfMemory/i.test(itsTask.stoppedReason ?? "")) return null;
      return wrong(
        "The job's task was killed, most likely because the job took more memory than its profile has.",
        [`Exit code ${itsTask.exitCode ?? "unknown"}${itsTask.stoppedReason === null ? "" : `, ${itsTask.stoppedReason}`}.`, ...(profile ? [`The profile "${profile.name}" has ${profile.memory} MiB.`] : [])],
        ["Name a larger profile in runs-on, or give this one more memory (infra/runner-profiles.yml)."],
      );
    },
  },
  {
    id: "no-runner-within-a-day",
    topic: "job-at-github",
    explain(situation) {
      const job = ended(situation);
      if (job?.conclusion !== "cancelled" || job.runnerName !== null || (job.completedAt ?? 0) - job.createdAt < DAY_MS) return null;
      return wrong("GitHub closed the job: no runner took it within 24 hours.", [`It waited ${span((job.completedAt ?? 0) - job.createdAt)}.`, ...recorded(situation)], [RERUN, "Should it wait again, ask again while it does: then what keeps it can be seen."]);
    },
  },
  {
    id: "cancelled-while-waiting",
    topic: "job-at-github",
    explain(situation) {
      const job = ended(situation);
      if (job?.conclusion !== "cancelled" || job.runnerName !== null) return null;
      return fine("Somebody, or a concurrency group, cancelled the job before a runner had it.", [`It waited ${span((job.completedAt ?? job.createdAt) - job.createdAt)}.`, ...recorded(situation)], ["Re-run it, if that was not meant."]);
    },
  },
  {
    id: "skipped",
    topic: "job-at-github",
    explain: (situation) => (ended(situation)?.conclusion === "skipped" ? fine("GitHub skipped the job, by its `if:` or because a job that it needs did not succeed.", ["Its conclusion is skipped."]) : null),
  },
  {
    id: "ran-elsewhere",
    topic: "runner",
    explain(situation) {
      const job = ended(situation);
      if (!job?.runnerName || isOurRunner(situation, job.runnerName)) return null;
      return fine(`The job ran on "${job.runnerName}", which is not a runner of this deployment.`, [`It ended as ${job.conclusion ?? "unknown"}; its labels are ${labelList(job.labels)}.`], elsewhereAdvice(situation));
    },
  },
  {
    id: "ended",
    topic: "job-at-github",
    explain(situation) {
      const job = ended(situation);
      if (!job) return null;
      if (job.runnerName === null) return fine(`The job is over: ${job.conclusion ?? "unknown"}, without a runner.`, recorded(situation));
      return fine(
        `The job ran on our runner ${job.runnerName} and ended as ${job.conclusion ?? "unknown"}.`,
        [`It began ${span((job.startedAt ?? job.createdAt) - job.createdAt)} after it was created.`],
        job.conclusion === "success" ? [] : [`What failed is in its log: ${job.htmlUrl}`],
      );
    },
  },
  {
    id: "runs-elsewhere",
    topic: "runner",
    explain(situation) {
      const { job } = situation;
      if (job?.status !== "in_progress" || !job.runnerName || isOurRunner(situation, job.runnerName)) return null;
      return fine(`The job runs on "${job.runnerName}", which is not a runner of this deployment.`, [`Its labels are ${labelList(job.labels)}.`], elsewhereAdvice(situation));
    },
  },
  {
    id: "runs",
    topic: "job-at-github",
    explain: ({ job, now }) => (job?.status === "in_progress" ? fine(`The job runs${job.runnerName ? ` on our runner ${job.runnerName}` : ""}.`, [`It began ${span(now - (job.startedAt ?? now))} ago.`], [NOTHING]) : null),
  },
  {
    id: "github-hosted",
    topic: "labels",
    explain({ job, labels, match }) {
      if (!job || match.matched || labels.length !== 1 || !HOSTED.test(labels[0] ?? "")) return null;
      return fine(
        `The job asks for a machine of GitHub's own (${labels[0]}); Baton leaves it alone.`,
        [`No profile has the label ${labels[0]}.`],
        ["That it waits has its reason at GitHub: minutes used up, spending limit, or many jobs at once.", "To run it on Baton, write runs-on: [self-hosted, small] or another profile's labels into the workflow."],
      );
    },
  },
  {
    id: "awaits-approval",
    topic: "job-at-github",
    explain: ({ job, evidence: { run } }) =>
      job?.status !== "waiting"
        ? null
        : waits(
            "GitHub holds the job until the rules of its environment are met: a reviewer's approval, or a wait timer.",
            ["GitHub says that it is waiting."],
            [`A reviewer of the environment approves it: ${run?.kind === "seen" && run.value ? run.value.htmlUrl : job.htmlUrl.replace(/\/job\/\d+$/, "")}`, "Baton launches its runner when GitHub says that it is queued."],
          ),
  },
  {
    id: "held-by-concurrency",
    topic: "job-at-github",
    explain: ({ job }) =>
      job === null || (job.status !== "pending" && job.status !== "requested")
        ? null
        : waits(
            "GitHub holds the job back: another run or job of its concurrency group has to end first.",
            [`GitHub says that it is ${job.status}.`],
            ["It goes on by itself; `concurrency:` in the workflow says which group, and cancel-in-progress whether it may overtake."],
          ),
  },
  {
    id: "status-unheard-of",
    topic: "job-at-github",
    explain: ({ job }) => (job === null || job.status === "queued" ? null : unknown(`GitHub says that the job is "${job.status}", of which Baton has never heard.`, [], [`Look there: ${job.htmlUrl}`])),
  },
];

function recorded({ record }: Situation): readonly string[] {
  if (!record) return ["Nothing is on record of it."];
  return [`On record: ${record.state}${record.reason === "" ? "" : ` (${record.reason})`}, ${record.launch} launch${record.launch === 1 ? "" : "es"}.`];
}

function elsewhereAdvice({ match }: Situation): readonly string[] {
  return match.matched
    ? [`GitHub gives a job to any idle runner whose labels cover it. Labels that only the profile "${match.profile.name}" has keep it here.`]
    : ["No profile covers its labels, so that Baton has nothing to do with it."];
}
