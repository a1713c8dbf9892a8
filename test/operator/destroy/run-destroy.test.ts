import { describe, expect, it } from "vitest";
import { runDestroy } from "../../../app/operator/destroy/run-destroy.ts";
import { aTerminal } from "../../support/operator/a-terminal.ts";

function aRemoval(...answers: string[]) {
  const done: string[] = [];
  const terminal = aTerminal(...answers);
  const run = runDestroy({
    contents: { name: "Baton", status: "CREATE_COMPLETE", terminationProtection: false, resources: [], tables: new Map(), images: new Map(), tasks: new Map(), strayLogGroups: [] },
    place: "region eu-west-1",
    carryOut: async ({ kind }) => void done.push(kind),
    leftovers: async () => ["the GitHub App"],
    again: "npm run destroy",
    terminal,
    line: { show() {}, clear() {} },
    yes: false,
    listOnly: false,
  });
  return { run, done, terminal };
}

describe("a removal on a terminal", () => {
  it("goes by the stack's name, typed", async () => {
    const { run, done, terminal } = aRemoval("Baton");
    await run;
    expect(done).toEqual(["delete-stack"]);
    expect(terminal.text()).toMatch(/for good:[\s\S]*"Baton" is removed. What is left:\n {2}- the GitHub App$/);
  });

  it.each(["", "y", "baton"])("does not take %j for it", async (answer) => {
    const { run, done } = aRemoval(answer);
    await expect(run).rejects.toThrow(/Nothing was changed/);
    expect(done).toEqual([]);
  });
});
