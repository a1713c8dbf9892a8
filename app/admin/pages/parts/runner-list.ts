import { html } from "hono/html";
import type { Markup } from "../../../pages/layout.ts";
import type { AdminLinks } from "../../admin-world.ts";
import type { RunnerRow } from "../../views/runner-rows.ts";
import { badge } from "./badge.ts";
import { outLink } from "./out-link.ts";
import { table, type Column } from "./table.ts";
import { ago } from "./times.ts";
import { andMore } from "./words.ts";

const SHOWN = 15;
/** Of those that have stopped. */
const STOPPED_SHOWN = 3;
const STOPPED_FOLDED = 10;

/** Runners as GitHub sees them beside tasks as ECS sees them. */
export function runnerList(rows: readonly RunnerRow[], atGithub: number, { now, links }: { readonly now: number; readonly links: AdminLinks }): Markup {
  if (rows.length === 0) return html`<p class="empty">No runner and no task: nothing runs while no job is queued.</p>`;
  const columns: readonly Column<RunnerRow>[] = [
    { head: "Runner", kind: "main", cell: ({ name }) => html`<code>${name}</code>` },
    { head: "At GitHub", cell: ({ runner }) => runnerState(runner) },
    { head: "Task at ECS", cell: ({ task }) => taskState(task, now) },
    { head: "Job", cell: ({ job }) => (job === null ? html`<span class="quiet">none</span>` : html`<a class="wraps" href="/jobs/${job.jobId}">${job.jobName}</a>`) },
    { head: "Look", cell: ({ name, task }) => taskLinks(name, task, links) },
  ];
  const stopped = rows.filter(isStopped);
  const live = rows.filter((row) => !isStopped(row));
  const folded = stopped.slice(STOPPED_SHOWN, STOPPED_SHOWN + STOPPED_FOLDED);
  return html`${table("Runners and their tasks", columns, [...live.slice(0, SHOWN), ...stopped.slice(0, STOPPED_SHOWN)])}${andMore(SHOWN, Math.max(live.length, atGithub), "runners and tasks")}
${folded.length === 0 ? "" : html`<details class="older" id="older-tasks"><summary>${folded.length} more that stopped within the hour</summary>${table("Tasks that stopped", columns, folded)}</details>`}`;
}

function isStopped({ runner, task }: RunnerRow): boolean {
  return runner === null && task !== null && task.stoppedAt !== null;
}

function runnerState(runner: RunnerRow["runner"]): Markup {
  if (runner === null) return badge("calm", "off", "not registered");
  if (!runner.online) return badge("unknown", "unknown", "offline");
  return runner.busy ? badge("busy", "running", "busy") : badge("well", "waiting", "idle");
}

export function taskState(task: RunnerRow["task"], now: number): Markup {
  if (task === null) return badge("calm", "off", "no task");
  if (task.stoppedAt === null) return html`${badge("busy", task.lastStatus === "RUNNING" ? "running" : "starting", task.lastStatus.toLowerCase())}<small>since ${ago(task.createdAt, now)}</small>`;
  const clean = task.exitCode === 0;
  return html`${badge(clean ? "well" : "calm", clean ? "well" : "ended", task.exitCode === null ? "stopped" : `stopped, exit ${task.exitCode}`)}<small>${ago(task.stoppedAt, now)}${clean || task.stoppedReason === null ? "" : html` · ${task.stoppedReason}`}</small>`;
}

export function taskLinks(name: string, task: RunnerRow["task"], links: AdminLinks): Markup {
  const [taskUrl, logsUrl] = [task === null ? null : links.taskUrl(task), links.logsUrl(name)];
  if (taskUrl === null && logsUrl === null) return html`<span class="quiet">–</span>`;
  return html`<span class="links">${taskUrl === null ? "" : outLink(taskUrl, "task")}${logsUrl === null ? "" : outLink(logsUrl, "logs")}</span>`;
}
