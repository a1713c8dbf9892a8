import { expect, it } from "vitest";
import { runCommandLine } from "../support/operator/run-command-line.ts";

async function simulate(...args: readonly string[]) {
  const command = runCommandLine("simulate", args);
  return { code: await command.ended, output: command.output(), errors: command.errors() };
}

it("ends with 0 and one line when every history kept the rules", async () => {
  const { code, output } = await simulate("--seeds", "25");
  expect(code).toBe(0);
  // A slow machine is told of the progress before.
  expect(output).toMatch(/^(?:\d+ of 25 histories, 0 broken\n)*25 histories, \d+ jobs, \d+ tasks, \d+ virtual hours in [\d.]+ s: every rule was kept\.\n$/);
});

it("tells the first broken history in full and how to have it told again, which tells the same", async () => {
  const { code, output } = await simulate("--seeds", "10", "--variant", "plain-credential");
  expect(code).toBe(1);
  expect(output).toMatch(/^0:\d\d:\d\d\.\d{3} {2}BROKEN {8}a credential in plain text: an event on the bus$/m);
  const again = /^Again: npm run simulate -- (.*)$/m.exec(output)?.[1]?.split(" ") ?? [];
  const replay = await simulate(...again);
  const history = (text: string) => text.split("\n").filter((line) => /^\d+:\d\d:\d\d\.\d{3} {2}/.test(line));
  expect(history(output).length).toBeGreaterThan(3);
  expect(history(replay.output)).toEqual(history(output));
});

it("prints one JSON object for scripts", async () => {
  const { code, output } = await simulate("--seeds", "1", "--from", "7", "--variant", "plain-credential", "--json");
  expect(code).toBe(1);
  const told = JSON.parse(output) as { ok: boolean; failures: unknown };
  expect(told).toMatchObject({ ok: false, histories: 1, broken: 1, failures: [{ seed: 7, violations: [{ rule: "a credential in plain text" }] }] });
});

it("plays every seed that a number can be", async () => {
  expect(await simulate("--seeds", "1", "--from", "0")).toMatchObject({ code: 0 });
  const last = await simulate("--seeds", "2", "--from", String(Number.MAX_SAFE_INTEGER - 1), "--json");
  expect(JSON.parse(last.output)).toMatchObject({ ok: true, histories: 2 });
});

it.each([
  [["--seeds", "many"], "It has to be a whole number from 1 to 999999999."],
  [["--seeds", "0"], "It has to be a whole number from 1"],
  [["--from", "-1"], "It has to be a whole number from 0"],
  [["--from", "9007199254740992"], "It has to be a whole number from 0 to 9007199254740991."],
  [["--from", "9007199254740991", "--seeds", "2"], "there are no 2 seeds from 9007199254740991 on"],
  [["--variant", "unknown"], "no-lease"],
  [["--kinds", "weeks"], 'There is no "weeks"; there are: github-outage'],
  [["--faults", "github 4xx"], 'There is no "github 4xx"; there are: delivery lost'],
  [["--intensity", "1.1"], "It has to be a number from 0 to 1."],
  [["--burst", "100", "--intensity", "1"], "option '--burst <jobs>' cannot be used with option '--intensity <share>'"],
  [["--burst", "100", "--faults", "none"], "cannot be used with option '--faults <names>'"],
  [["--burst", "100", "--kinds", "days"], "cannot be used with option '--kinds <names>'"],
  [["--seeds", "2", "--history"], "--history tells one history; add --seeds 1"],
])("says what is wrong with %j", async (args, message) => {
  expect(await simulate(...args)).toMatchObject({ code: 1, output: "", errors: expect.stringContaining(message) });
});
