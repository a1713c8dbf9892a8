import { html } from "hono/html";
import type { JobStep } from "../../../core/job-step.ts";
import { seenOrNull } from "../../../core/look.ts";
import { reasonWords } from "../../../core/reason-words.ts";
import type { Markup } from "../../../pages/layout.ts";
import type { JobView } from "../../views/job-view.ts";
import { icon, type IconName } from "./icon.ts";
import { clockTime, duration } from "./times.ts";

interface Step {
  readonly at: number;
  readonly shape: IconName;
  readonly tone: "well" | "unknown" | "wrong" | "busy" | "calm";
  readonly title: string;
  readonly reason: string;
  readonly detail: string;
}

/** The whole way of a job: what the record, GitHub and ECS know of it, in order, with what each step took. */
export function stepList(view: JobView): Markup {
  const { now, job } = view;
  const steps = stepsOf(view);
  return html`<ol class="way">${steps.map((step, index) => {
    const before = steps[index - 1];
    return html`<li class="${step.tone}">${icon(step.shape)}<div><strong>${step.title}</strong>${step.reason === "" ? "" : html`<span> ${reasonWords(step.reason)}</span>`}${step.detail === "" ? "" : html`<small>${step.detail}</small>`}</div><span class="at">${clockTime(step.at, now)}<small>${before ? `+${duration(step.at - before.at)}` : ""}</small></span></li>
`;
  })}${job.endedAt === null ? html`<li class="pending">${icon("waiting")}<div>${pending(view)}</div></li>` : ""}</ol>`;
}

function stepsOf({ job, tasks }: JobView): readonly Step[] {
  const steps: Step[] = [{ at: job.createdAt, shape: "dot", tone: "calm", title: "Queued at GitHub", reason: "", detail: "" }, ...(job.steps.length > 0 ? job.steps.map(stepOf) : summarySteps(job))];
  for (const task of seenOrNull(tasks) ?? []) {
    steps.push({ at: task.createdAt, shape: "starting", tone: "busy", title: "Task created at ECS", reason: "", detail: task.runnerName ?? "" });
    if (task.stoppedAt === null) continue;
    const clean = task.exitCode === 0;
    steps.push({ at: task.stoppedAt, shape: clean ? "well" : "ended", tone: clean ? "well" : "calm", title: "Task stopped", reason: "", detail: [task.runnerName, task.exitCode === null ? null : `exit code ${task.exitCode}`, clean ? null : task.stoppedReason].filter((part) => part !== null && part !== "").join(" · ") });
  }
  return steps.toSorted((a, b) => a.at - b.at);
}

const TITLES: Readonly<Record<JobStep["kind"], readonly [title: string, shape: IconName, tone: Step["tone"]]>> = {
  received: ["Received by Baton", "dot", "calm"],
  launch: ["Launched", "starting", "busy"],
  wait: ["Waits:", "waiting", "unknown"],
  running: ["Running", "running", "busy"],
  completed: ["Completed", "well", "well"],
  ignored: ["Ignored:", "off", "calm"],
  "given-up": ["Given up:", "wrong", "wrong"],
  asked: ["Asked for:", "dot", "calm"],
};

function stepOf({ at, kind, launch, reason, detail }: JobStep): Step {
  const [title, shape, tone] = TITLES[kind];
  return { at, shape, tone, title: kind === "launch" ? `Launch ${launch}` : title, reason, detail };
}

/** Of a record from before steps were kept. */
function summarySteps({ receivedAt, launchedAt, launch, startedAt, endedAt, runnerName, state, reason, conclusion }: JobView["job"]): readonly Step[] {
  const steps = [stepOf({ at: receivedAt, kind: "received", launch: 0, reason: "", detail: "" })];
  if (launchedAt !== null) steps.push(stepOf({ at: launchedAt, kind: "launch", launch, reason: "", detail: "" }));
  if (startedAt !== null) steps.push(stepOf({ at: startedAt, kind: "running", launch, reason: "", detail: runnerName ?? "" }));
  if (endedAt !== null && (state === "completed" || state === "ignored" || state === "given-up")) steps.push(stepOf({ at: endedAt, kind: state, launch, reason, detail: conclusion ?? "" }));
  return steps;
}

function pending({ job }: JobView): string {
  if (job.state === "running") return "Runs; GitHub says when it has ended.";
  return job.state === "launching" ? "A runner is on its way." : "Waits for its next try.";
}
