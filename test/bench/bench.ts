/** `npm run bench`: see `--help`. What the webhook function takes, beside the least that a launch can take, in one interleaved run. */
import Table from "cli-table3";
import { Command, InvalidArgumentError } from "commander";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createColors } from "picocolors";
import { runCommand } from "../../app/commands/run-command.ts";
import { bundleFunction } from "../../infra/bundles/bundle-function.ts";
import { startStubWorld, type StubWorld } from "./start-stub-world.ts";
import { stubDeliveries } from "./stub-deliveries.ts";
import { bundleFloors } from "./floor/bundle-floors.ts";
import { meetsTarget, ratio, type Figure } from "./figures.ts";
import { measureCold, measureInterleaved, measureWarm, type Contender } from "./measure.ts";

interface Options {
  readonly runs: number;
  readonly json: boolean;
}

const root = fileURLToPath(new URL("../..", import.meta.url));
const NO_LATENCY = { aws: 0, github: 0 };
/** About what calls take within a region, and from there to GitHub. */
const LATENCY = { aws: 10, github: 100 };

const command = new Command("npm run bench --")
  .description(
    "Measures dist/webhook (run npm run build first) against a hand-written floor: verify, mint, publish over node:https, no Probot. Fresh processes of " +
      "this Node, interleaved; GitHub and AWS are another process on 127.0.0.1. Read the ratios: machines differ and are noisy.",
  )
  .option("--runs <n>", "fresh processes of each contender", parseRuns, 10)
  .option("--json", "print the figures as one JSON object and nothing else", false)
  .addHelpText("after", "\nEnds with 0 when every target is met, and with 1 otherwise.");

await runCommand(async () => {
  const { runs, json } = command.parse().opts<Options>();
  const say = (text: string) => json || process.stdout.write(`${text}\n`);
  const directory = mkdtempSync(join(tmpdir(), "baton-bench-"));
  const world = await startStubWorld();
  try {
    const deployed = join(root, "dist", "webhook");
    // Bundled once more for the list of what is in it.
    const bundle = await bundleFunction("app/main.webhook.ts", join(directory, "listed.js"));
    const contenders = await contendersIn(directory, deployed);
    const figures = await measureAll(world, contenders, runs, say);
    const all: readonly Figure[] = [...figures, { what: "bundle", value: bundle.bytes / 1024, unit: "KiB", target: 1_200 }];
    if (json) process.stdout.write(`${JSON.stringify({ node: process.version, arch: process.arch, runs, figures: all, packages: bundle.packages })}\n`);
    else {
      say(drawFigures(all));
      say(`\nIn the bundle, KiB:\n${bundle.packages.filter(([, bytes]) => bytes > 2_048).map(([name, bytes]) => `${(bytes / 1024).toFixed(1).padStart(8)}  ${name}`).join("\n")}`);
    }
    return all.every(meetsTarget) ? 0 : 1;
  } finally {
    await world.close();
    rmSync(directory, { recursive: true, force: true });
  }
});

interface Contenders {
  readonly baton: Contender;
  readonly floor: Contender;
  readonly fullFloor: Contender;
}

async function contendersIn(directory: string, deployed: string): Promise<Contenders> {
  const { floor, fullFloor } = await bundleFloors(directory);
  return {
    baton: { name: "Baton", directory: deployed },
    floor: { name: "floor", directory: floor },
    fullFloor: { name: "floor that also claims and seals", directory: fullFloor },
  };
}

async function measureAll(world: StubWorld, { baton, floor, fullFloor }: Contenders, runs: number, say: (text: string) => unknown): Promise<readonly Figure[]> {
  const deliveries = stubDeliveries(world);
  say(`Node ${process.versions.node} ${process.arch}; ${runs} fresh processes each, interleaved. Cold starts …`);
  const cold = await measureCold(world, { baton, floor }, deliveries.launch, runs);
  say("Cold starts with 10 ms per AWS call and 100 ms per GitHub call …");
  await world.setLatency(LATENCY);
  const slowCold = await measureCold(world, { baton, floor }, deliveries.launch, runs);
  say("Warm invocations …");
  const slowWarm = await measureInterleaved(world, { baton, fullFloor }, [deliveries.launch], { times: 30, rounds: 2 });
  await world.setLatency(NO_LATENCY);
  const warmLaunch = await measureInterleaved(world, { baton, fullFloor }, deliveries.launches.slice(0, 5), { times: 600, rounds: 3 });
  const warm = await measureWarm(world, baton, warmSteps(deliveries));
  say("2,000 launches for the memory …\n");
  const soak = await measureWarm(world, baton, [{ name: "launch", events: deliveries.launches, times: 2_000 }]);
  const rss = soak.rssMiB("launch");

  expectNoCalls(warm.calls("forged"), () => true, "a forged request");
  expectNoCalls(warm.calls("ignored event"), () => true, "an event that is not ours");
  expectNoCalls(warm.calls("ignored job"), (name) => name === "github", "a job that is not ours");
  return [
    { what: "cold launch: init + first invocation", value: cold.baton, floor: cold.floor, target: 1.3, unit: "ms" },
    { what: "cold launch, 10 ms per AWS and 100 ms per GitHub call", value: slowCold.baton, floor: slowCold.floor, target: 1.25, unit: "ms" },
    { what: "warm launch p50, beside a floor that also claims and seals", value: warmLaunch.baton, floor: warmLaunch.fullFloor, target: 1.5, unit: "ms" },
    { what: "warm launch p50, 10 ms per AWS and 100 ms per GitHub call", value: slowWarm.baton, target: 145, unit: "ms" },
    { what: "forged request of 10 KB p50, no call", value: warm.p50("forged"), target: 0.05, unit: "ms" },
    { what: "event that is not ours p50, no call", value: warm.p50("ignored event"), target: 0.15, unit: "ms" },
    { what: "job that is not ours p50: recorded and told the bus, no call to GitHub", value: warm.p50("ignored job"), unit: "ms" },
    { what: "memory after 2,000 launches", value: rss.at(-1) ?? 0, target: 190, unit: "MiB" },
    { what: "memory gained over the last 1,000 of them", value: (rss.at(-1) ?? 0) - (rss.at(9) ?? 0), target: 10, unit: "MiB" },
  ];
}

function warmSteps({ launches, forged, ignoredEvent, ignoredJob }: ReturnType<typeof stubDeliveries>) {
  return [
    { name: "launch", events: launches, times: 1 },
    { name: "forged", events: [forged], times: 3_000 },
    { name: "ignored event", events: [ignoredEvent], times: 3_000 },
    { name: "ignored job", events: [ignoredJob], times: 300 },
  ];
}

function expectNoCalls(calls: readonly string[], isMeant: (name: string) => boolean, what: string): void {
  const made = calls.filter(isMeant);
  if (made.length > 0) throw new Error(`${what} caused calls: ${made.join(", ")}`);
}

function drawFigures(figures: readonly Figure[]): string {
  const colors = createColors(process.stdout.isTTY === true);
  const table = new Table({ head: ["", "Baton", "floor", "ratio", "target", ""], style: { head: [], border: [], compact: true }, colAligns: ["left", "right", "right", "right", "right", "left"] });
  for (const figure of figures) {
    const { what, value, floor, unit, target } = figure;
    const times = ratio(figure);
    const digits = value < 1 ? 3 : 1;
    table.push([
      what,
      `${value.toFixed(digits)} ${unit}`,
      floor === undefined ? "" : `${floor.toFixed(digits)} ${unit}`,
      times === null ? "" : times.toFixed(2),
      target === undefined ? "" : times === null ? `≤ ${target} ${unit}` : `≤ ${target}`,
      target === undefined ? "" : meetsTarget(figure) ? colors.green("met") : colors.red("missed"),
    ]);
  }
  return table.toString();
}

function parseRuns(value: string): number {
  const runs = Number(value);
  if (!Number.isInteger(runs) || runs < 1 || runs > 200) throw new InvalidArgumentError("a whole number from 1 to 200");
  return runs;
}
