import { setTimeout as delay } from "node:timers/promises";
import type { Clock } from "../../ports.ts";
import { seconds, type Terminal } from "../terminal.ts";
import type { LiveLine } from "../live-line.ts";
import { smokeFailure, type SmokeFailure, type SmokeNames } from "./smoke-advice.ts";
import { detailOf, NO_SIGHT, noteProgress, SMOKE_STEPS, verdictOf, type SmokeProgress, type SmokeSight, type SmokeStep } from "./smoke-progress.ts";

export interface SmokeRun {
  readonly look: () => Promise<SmokeSight>;
  readonly names: SmokeNames;
  readonly terminal: Terminal;
  readonly line: LiveLine;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Between looks, milliseconds. */
  readonly intervalMs: number;
  /** For all of it, milliseconds. */
  readonly limitMs: number;
}

export interface SmokeOutcome {
  readonly ok: boolean;
  readonly steps: readonly { readonly step: SmokeStep; readonly seconds: number | null; readonly detail: string }[];
  readonly failure: SmokeFailure | null;
  readonly jobUrl: string | null;
}

const WAITING: Readonly<Record<SmokeStep, string>> = {
  queued: "for GitHub to queue the job",
  delivered: "for GitHub's delivery",
  recorded: "for the job's record",
  launched: "for the launch",
  task: "for the task",
  registered: "for the runner to register (the image is pulled each time)",
  running: "for GitHub to give it the job",
  done: "for the job to end",
  gone: "for the task and the runner to go",
};

/** Follows one job to its end, a line for each step as it is seen. */
export async function runSmoke(run: SmokeRun): Promise<SmokeOutcome> {
  const { clock, terminal, line } = run;
  const started = clock();
  let progress: SmokeProgress = {};
  let sight = NO_SIGHT;
  const told: { step: SmokeStep; detail: string }[] = [];

  for (;;) {
    sight = keepSeen(sight, await run.look());
    progress = noteProgress(progress, sight, clock());
    for (const step of SMOKE_STEPS) {
      const at = progress[step];
      if (at === undefined || told.some((known) => known.step === step)) continue;
      const detail = detailOf(step, sight);
      told.push({ step, detail });
      line.clear();
      terminal.say(`${seconds(at - started).padStart(8)}  ${terminal.colors.green(step.padEnd(11))} ${detail}`.trimEnd());
    }
    const verdict = verdictOf(progress, sight);
    if (verdict.kind === "passed") return outcome(null);
    if (verdict.kind === "failed") return outcome(smokeFailure(verdict.step, sight, run.names));
    if (run.signal.aborted) return outcome({ step: verdict.waitingFor, what: "Interrupted.", next: `The job goes on: ${sight.job?.htmlUrl ?? sight.runUrl ?? "look at the Actions tab"}` });
    if (clock() - started >= run.limitMs) {
      const failure = smokeFailure(verdict.waitingFor, sight, run.names);
      return outcome({ ...failure, what: `Not within ${seconds(run.limitMs)}. ${failure.what}` });
    }
    line.show(`${seconds(clock() - started).padStart(8)}  waiting ${WAITING[verdict.waitingFor]} …`);
    await delay(run.intervalMs, undefined, { signal: run.signal }).catch(() => {});
  }

  function outcome(failure: SmokeFailure | null): SmokeOutcome {
    line.clear();
    const steps = SMOKE_STEPS.map((step) => ({
      step,
      seconds: progress[step] === undefined ? null : Math.round((progress[step] - started) / 100) / 10,
      detail: told.find((known) => known.step === step)?.detail ?? "",
    }));
    return { ok: failure === null, steps, failure, jobUrl: sight.job?.htmlUrl ?? null };
  }
}

/** ECS forgets tasks, and a single look may fail: what was seen stays seen, newer facts win. */
function keepSeen(before: SmokeSight, now: SmokeSight): SmokeSight {
  const tasks = new Map([...before.tasks, ...now.tasks].map((task) => [task.arn, task]));
  return {
    runUrl: now.runUrl ?? before.runUrl,
    job: now.job ?? before.job,
    delivery: now.delivery ?? before.delivery,
    record: now.record ?? before.record,
    tasks: [...tasks.values()],
    runners: now.runners,
    troubles: now.troubles,
  };
}
