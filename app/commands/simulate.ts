/** `npm run simulate`: see `--help`. */
import { Command, InvalidArgumentError, Option } from "commander";
import { BROKEN_VARIANTS } from "../simulation/broken-variants.ts";
import { longestBurstMs, type BurstFigures } from "../simulation/burst-rules.ts";
import { FAULT_KINDS, WORST, type FaultKind } from "../simulation/faults.ts";
import { HISTORY_KINDS, KIND_NAMES, type HistoryKind } from "../simulation/history-kinds.ts";
import { simulateHistory, type History, type HistoryOptions } from "../simulation/simulate-history.ts";
import { simulateSeeds } from "../simulation/simulate-seeds.ts";
import { createLiveLine } from "../operator/live-line.ts";
import { createTerminal, seconds } from "../operator/terminal.ts";
import { runCommand } from "./run-command.ts";

interface Options {
  readonly seeds: number;
  readonly from: number;
  readonly variant: string;
  readonly burst?: number;
  readonly kinds?: readonly HistoryKind[];
  readonly faults?: readonly FaultKind[];
  readonly intensity?: number;
  readonly json: boolean;
  readonly history: boolean;
}

/** Of a run with many failures the first few tell enough. */
const FAILURES_SHOWN = 20;
const LIVE_MS = 200;
const PIPE_MS = 10_000;

const command = new Command("npm run simulate --")
  .description("Random histories of jobs and faults, on a virtual clock: the real handler, core and reconciler among a GitHub, an EventBridge, a store and an ECS that fail by a seed. Afterwards every job must have run once, or have its reason on record, and nothing may be left over.")
  .option("--seeds <n>", "how many histories", wholeNumber, 500)
  .option("--from <seed>", "the first one's seed; the others follow it", seedNumber, 1)
  .addOption(
    new Option("--burst <jobs>", "instead of what the seed draws: so many jobs of one organization in one minute, no faults, GitHub's real limits")
      .argParser(wholeNumber)
      .conflicts(["kinds", "faults", "intensity"]),
  )
  .option("--kinds <names>", "instead of what the seed draws: histories of these kinds, separated by commas; none for plain ones", names(KIND_NAMES))
  .option("--faults <names>", "instead of what the seed draws: only these faults, separated by commas; none for none", names(FAULT_KINDS))
  .option("--intensity <share>", "instead of what the seed draws: how bad the faults are, from 0 to 1", share)
  .option("--history", "with --seeds 1: print the history even if it is as it should be", false)
  .addOption(new Option("--variant <name>", "Baton with one piece broken on purpose").choices(Object.keys(BROKEN_VARIANTS)).default("none"))
  .option("--json", "print the outcome as one JSON object and nothing else", false)
  .addHelpText("after", `
The first history that fails is told in full: when, who, what. It is told again by --from SEED --seeds 1.
Ends with 0 when every history kept the rules, and with 1 otherwise.

Kinds of histories (each of them now and then, several at once):
${Object.entries(HISTORY_KINDS).map(([name, what]) => `  ${name.padEnd(27)}${what}`).join("\n")}

Faults, and the most that chance can be:
${FAULT_KINDS.map((name) => `  ${name.padEnd(27)}${Math.round(WORST[name] * 100)} %`).join("\n")}

Variants:
${Object.entries(BROKEN_VARIANTS).map(([name, { what }]) => `  ${name.padEnd(27)}${what}`).join("\n")}`);

await runCommand(async () => {
  const options = command.parse().opts<Options>();
  const terminal = createTerminal({ json: options.json });
  const { colors, say } = terminal;
  const { burst, kinds, faults: only, intensity } = options;
  if (options.history && options.seeds !== 1) command.error("error: --history tells one history; add --seeds 1");
  if (options.seeds - 1 > Number.MAX_SAFE_INTEGER - options.from) command.error(`error: there are no ${options.seeds} seeds from ${options.from} on; the last one is ${Number.MAX_SAFE_INTEGER}`);
  const wanted: HistoryOptions = {
    ...(burst !== undefined && { burst }),
    ...(kinds && { kinds }),
    ...((only ?? intensity) !== undefined && { faults: { ...(only && { only }), ...(intensity !== undefined && { intensity }) } }),
  };
  const startedAt = Date.now();
  const histories: History[] = [];

  const progress = showProgress(options, () => `${histories.length} of ${options.seeds} histories, ${broken(histories).length} broken`);
  try {
    await simulateSeeds({ from: options.from, count: options.seeds, variant: options.variant, options: wanted }, (history) => histories.push(history));
  } finally {
    progress.end();
  }
  const failed = broken(histories);
  const sum = (figure: (history: History) => number) => histories.reduce((total, history) => total + figure(history), 0);
  const totals = {
    histories: histories.length,
    broken: failed.length,
    jobs: sum(({ jobs }) => jobs),
    tasks: sum(({ tasks }) => tasks),
    bursts: histories.flatMap((history) => (history.burst ? [{ seed: history.seed, ...history.burst, refused: Object.fromEntries(history.burst.refused) }] : [])),
    virtualHours: Math.round(sum(({ virtualMs }) => virtualMs) / 3_600_000),
    seconds: (Date.now() - startedAt) / 1000,
  };

  // A burst's history is a million lines: only where somebody wants them.
  const told = options.history && options.seeds === 1 ? histories[0] : burst === undefined ? failed[0] : undefined;
  const lines = told ? (await simulateHistory(told.seed, BROKEN_VARIANTS[options.variant] ?? { what: "" }, { ...wanted, chronicle: true })).lines : [];
  if (options.json) terminal.json({ ok: failed.length === 0, ...totals, failures: failed.map(({ seed, violations }) => ({ seed, violations })), history: lines });
  if (lines.length > 0) say(`\n${lines.map((line) => (line.includes("  BROKEN  ") ? colors.red(line) : line)).join("\n")}\n`);
  for (const { seed, violations } of failed.slice(0, FAILURES_SHOWN)) {
    for (const { rule, text } of violations.slice(0, FAILURES_SHOWN)) say(colors.red(`seed ${seed}: ${rule}: ${text}`));
    if (violations.length > FAILURES_SHOWN) say(`… and ${violations.length - FAILURES_SHOWN} more of seed ${seed}`);
  }
  if (failed.length > FAILURES_SHOWN) say(`… and ${failed.length - FAILURES_SHOWN} more`);
  const figures = `${totals.histories} histories, ${totals.jobs} jobs, ${totals.tasks} tasks, ${totals.virtualHours} virtual hours in ${seconds(Date.now() - startedAt)}`;
  for (const history of histories) if (history.burst) say(tellBurst(history.burst));
  say(failed.length === 0 ? colors.green(`${figures}: every rule was kept.`) : `${colors.red(`${figures}: ${failed.length} broken.`)}\nAgain: npm run simulate -- --seeds 1 --from ${failed[0]?.seed}${again(options)}`);
  return failed.length === 0 ? 0 : 1;
});

function tellBurst({ jobs, tasks, lastLaunchMs, slowestAnswerMs, refused, looks, webhooksAtOnce }: BurstFigures): string {
  const refusals = [...refused.values()].reduce((sum, count) => sum + count, 0);
  return [
    `${jobs} jobs in one minute`,
    `  last launch           ${(lastLaunchMs / 60_000).toFixed(1)} virtual minutes after the first job (at most ${(longestBurstMs(jobs) / 60_000).toFixed(0)})`,
    `  tasks                 ${tasks}, ${((tasks / jobs - 1) * 100).toFixed(2)} % more than jobs (at most 2 %)`,
    `  slowest answer        ${(slowestAnswerMs / 1000).toFixed(1)} s (at most 10 s), ${webhooksAtOnce} webhooks at once`,
    `  refused by a limit    ${refusals} requests${refusals === 0 ? "" : `: ${[...refused].map(([what, count]) => `${count} × ${what}`).join(", ")}`}`,
    `  looks at single jobs  ${looks}`,
  ].join("\n");
}

function broken(histories: readonly History[]): readonly History[] {
  return histories.filter(({ violations }) => violations.length > 0).toSorted((a, b) => a.seed - b.seed);
}

/** A line that changes in place on a terminal, and one every few seconds in a pipe. */
function showProgress({ json }: Options, tell: () => string): { end(): void } {
  const live = process.stdout.isTTY === true && !json;
  const line = createLiveLine(process.stdout, live);
  const show = () => (live ? line.show(tell()) : process.stdout.write(`${tell()}\n`));
  const ticking = json ? undefined : setInterval(show, live ? LIVE_MS : PIPE_MS);
  return {
    end: () => {
      clearInterval(ticking);
      line.clear();
    },
  };
}

/** The options that a replay needs besides its seed. */
function again({ variant, burst, kinds, faults, intensity }: Options): string {
  const list = (values: readonly string[]) => (values.length === 0 ? "none" : `"${values.join(",")}"`);
  return [
    variant === "none" ? "" : ` --variant ${variant}`,
    burst === undefined ? "" : ` --burst ${burst}`,
    kinds ? ` --kinds ${list(kinds)}` : "",
    faults ? ` --faults ${list(faults)}` : "",
    intensity === undefined ? "" : ` --intensity ${intensity}`,
  ].join("");
}

function names<Name extends string>(known: readonly Name[]): (text: string) => readonly Name[] {
  return (text) => {
    if (text === "none") return [];
    const wanted = text.split(",").map((name) => name.trim());
    const unknown = wanted.find((name) => !known.some((candidate) => candidate === name));
    if (unknown !== undefined) throw new InvalidArgumentError(`There is no "${unknown}"; there are: ${known.join(", ")}.`);
    return known.filter((candidate) => wanted.includes(candidate));
  };
}

function share(text: string): number {
  if (!/^(?:0(?:\.\d+)?|1(?:\.0+)?|\.\d+)$/.test(text)) throw new InvalidArgumentError("It has to be a number from 0 to 1.");
  return Number(text);
}

function seedNumber(text: string): number {
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(Number(text))) throw new InvalidArgumentError(`It has to be a whole number from 0 to ${Number.MAX_SAFE_INTEGER}.`);
  return Number(text);
}

function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text) || Number(text) === 0) throw new InvalidArgumentError("It has to be a whole number from 1 to 999999999.");
  return Number(text);
}
