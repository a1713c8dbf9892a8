import { OperatorError } from "../aws-trouble.ts";
import type { LiveLine } from "../live-line.ts";
import type { Terminal } from "../terminal.ts";
import { wordsOfAction } from "./carry-out-removal.ts";
import { removalPlan, type RemovalAction } from "./removal-plan.ts";
import type { StackContents } from "./stack-contents.ts";

export interface DestroyRun {
  readonly contents: StackContents;
  /** For a sentence: "account 1111, region eu-west-1". */
  readonly place: string;
  readonly carryOut: (action: RemovalAction) => Promise<void>;
  /** What stays outside the stack, asked once everything is removed. */
  readonly leftovers: () => Promise<readonly string[]>;
  /** The command that goes on after a failure. */
  readonly again: string;
  readonly terminal: Terminal;
  readonly line: LiveLine;
  readonly yes: boolean;
  readonly listOnly: boolean;
}

export interface DestroyOutcome {
  readonly removed: boolean;
  readonly removes: readonly string[];
  readonly left: readonly string[];
}

/** Says what goes, asks for the stack's name, removes it, and says what is left. */
export async function runDestroy(run: DestroyRun): Promise<DestroyOutcome> {
  const { contents, terminal, line } = run;
  const plan = removalPlan(contents);
  terminal.say(`This removes Baton's stack "${contents.name}" (${run.place}), for good:`);
  for (const text of plan.removes) terminal.say(`  - ${text}`);
  if (run.listOnly) return { removed: false, removes: plan.removes, left: plan.leaves };
  if (!run.yes) await confirm(terminal, contents.name);

  for (const action of plan.actions) {
    line.show(`  … ${wordsOfAction(action)}`);
    await run.carryOut(action).catch((error: unknown) => {
      line.clear();
      throw new OperatorError(`${error instanceof Error ? error.message : String(error)}
Then go on where it stopped: ${run.again}`, { cause: error });
    });
    line.clear();
    terminal.say(`${terminal.colors.green("✓")} ${wordsOfAction(action)}`);
  }
  const left = [...plan.leaves, ...(await run.leftovers())];
  terminal.say(`\n${terminal.colors.green(`"${contents.name}" is removed.`)} What is left:`);
  for (const text of left) terminal.say(`  - ${text}`);
  return { removed: true, removes: plan.removes, left };
}

async function confirm(terminal: Terminal, name: string): Promise<void> {
  if (!terminal.interactive) throw new OperatorError("Nobody can confirm that here. Look at the list above, then add --yes.");
  const typed = await terminal.ask(`\nType the stack's name to remove it: `);
  if (typed !== name) throw new OperatorError(`That is not "${name}". Nothing was changed.`);
}
