import type { StubWorld } from "./start-stub-world.ts";
import { median } from "./figures.ts";
import { runSandbox, type Step, type StepResult } from "./sandbox.ts";

export interface Contender {
  readonly name: string;
  /** Holds `index.cjs`. */
  readonly directory: string;
}

/**
 * Init + first invocation, the median of `runs` fresh processes each, in milliseconds. The contenders take turns, so that a slow minute of the
 * machine falls on all of them.
 */
export async function measureCold<Names extends string>(world: StubWorld, contenders: Readonly<Record<Names, Contender>>, event: object, runs: number): Promise<Record<Names, number>> {
  const names = Object.keys(contenders) as Names[];
  const taken = new Map(names.map((name): [Names, number[]] => [name, []]));
  for (let run = 0; run < runs; run += 1) {
    for (const name of names) {
      const contender = contenders[name];
      const { initMs, steps } = await runSandbox(contender.directory, world.environment, [{ name: "first", events: [event], times: 1 }]);
      const first = stepNamed(steps, "first");
      expectOneAnswer(contender, first, "202 launch");
      taken.get(name)?.push(initMs + (first.ms[0] ?? 0));
    }
  }
  return Object.fromEntries([...taken].map(([name, times]) => [name, median(times)])) as Record<Names, number>;
}

export interface Warm {
  p50(step: string): number;
  rssMiB(step: string): readonly number[];
  /** What was called in that step, by name. */
  calls(step: string): readonly string[];
}

/**
 * The same deliveries again and again, in sandboxes that take turns, as `measureCold` does; the median in milliseconds. Each sandbox's first
 * third warms it up and does not count.
 */
export async function measureInterleaved<Names extends string>(
  world: StubWorld,
  contenders: Readonly<Record<Names, Contender>>,
  events: readonly object[],
  { times, rounds }: { readonly times: number; readonly rounds: number },
): Promise<Record<Names, number>> {
  const names = Object.keys(contenders) as Names[];
  const taken = new Map(names.map((name): [Names, number[]] => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const name of names) {
      const { steps } = await runSandbox(contenders[name].directory, world.environment, [{ name: "launch", events, times }]);
      const launches = stepNamed(steps, "launch");
      expectOneAnswer(contenders[name], launches, "202 launch");
      taken.get(name)?.push(...launches.ms.slice(Math.ceil(times / 3)));
    }
  }
  return mediansOf(taken);
}

function mediansOf<Names extends string>(taken: ReadonlyMap<Names, readonly number[]>): Record<Names, number> {
  return Object.fromEntries([...taken].map(([name, times]) => [name, median(times)])) as Record<Names, number>;
}

/** Each step in a sandbox of its own, warmed by one launch that does not count. */
export async function measureWarm(world: StubWorld, contender: Contender, steps: readonly Step[]): Promise<Warm> {
  const results = new Map<string, { readonly step: StepResult; readonly calls: readonly string[] }>();
  const launch = steps.find(({ name }) => name === "launch");
  if (!launch) throw new Error("a step named launch is needed to warm the others");
  const warming = await countedRun(world, contender, [{ ...launch, name: "warming", times: 1 }]);
  for (const step of steps) {
    const { result, calls } = await countedRun(world, contender, [{ ...launch, name: "warming", times: 1 }, step]);
    const own = Object.entries(calls).filter(([name, times]) => times > (warming.calls[name] ?? 0));
    results.set(step.name, { step: stepNamed(result.steps, step.name), calls: own.map(([name]) => name) });
  }
  const of = (name: string) => {
    const found = results.get(name);
    if (!found) throw new Error(`no step ${name}`);
    return found;
  };
  return { p50: (name) => median(of(name).step.ms), rssMiB: (name) => of(name).step.rssMiB, calls: (name) => of(name).calls };
}

async function countedRun(world: StubWorld, contender: Contender, steps: readonly Step[]) {
  await world.takeCounts();
  const result = await runSandbox(contender.directory, world.environment, steps);
  for (const step of result.steps) expectOneAnswer(contender, step);
  return { result, calls: await world.takeCounts() };
}

/** A contender that fails quickly must not win. */
function expectOneAnswer(contender: Contender, step: StepResult, wanted?: string): void {
  const answers = Object.keys(step.answers);
  if (answers.length !== 1 || answers.some((answer) => answer.startsWith("5")) || (wanted !== undefined && answers[0] !== wanted)) {
    throw new Error(`${contender.name}: ${step.name} was answered ${JSON.stringify(step.answers)}`);
  }
}

function stepNamed(steps: readonly StepResult[], name: string): StepResult {
  const step = steps.find((candidate) => candidate.name === name);
  if (!step) throw new Error(`no step ${name}`);
  return step;
}
