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

it("says what is wrong with its options", async () => {
  expect(await simulate("--seeds", "many")).toMatchObject({ code: 1, errors: expect.stringContaining("It has to be a whole number from 1 on.") });
  expect(await simulate("--variant", "unknown")).toMatchObject({ code: 1, errors: expect.stringContaining("no-lease") });
});
