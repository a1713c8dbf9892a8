import { afterEach, beforeEach, expect, it } from "vitest";
import { aDeployedWorld, type DeployedWorld } from "../support/a-deployed-world.ts";
import { buildFunctions, functionDirectory } from "./built-functions.ts";
import { startSandbox, type Sandbox } from "./start-sandbox.ts";

let world: DeployedWorld;
let sandbox: Sandbox;
beforeEach(async () => {
  await buildFunctions();
  world = await aDeployedWorld();
  sandbox = await startSandbox(functionDirectory("reconcile"), world.environment);
});
afterEach(async () => {
  await sandbox.close();
  await world.close();
});

const scheduled = { source: "aws.events", "detail-type": "Scheduled Event", detail: {} };

it("the reconcile function under AWS's runtime client runs its rounds and leaves alone what it does not know", async () => {
  const round = { kind: "response", value: { round: { planned: 0, failed: 0 } } };
  expect(await sandbox.invoke(scheduled)).toEqual(round);
  expect(await sandbox.invoke({ something: "else" })).toEqual({ kind: "response", value: { ignored: true } });
  expect(await sandbox.invoke(scheduled)).toEqual(round);
});
