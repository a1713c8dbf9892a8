import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { aFunctionUrlEvent, type FunctionUrlEventOptions } from "../support/a-function-url-event.ts";
import { aDeployedWorld, anRsaKey, signatureOf, WEBHOOK_SECRET, type DeployedWorld } from "../support/a-deployed-world.ts";
import { buildFunctions, functionDirectory } from "./built-functions.ts";
import { startSandbox, type Sandbox } from "./start-sandbox.ts";


let world: DeployedWorld;
let sandbox: Sandbox;
beforeAll(buildFunctions);
beforeEach(async () => {
  world = await aDeployedWorld();
});
afterEach(async () => {
  await sandbox.close();
  await world.close();
});

async function start(environment: Record<string, string> = {}): Promise<void> {
  sandbox = await startSandbox(functionDirectory("webhook"), { ...world.environment, ...environment });
}

async function deliver(body: string, options: Partial<FunctionUrlEventOptions> = {}): Promise<{ status: number; body: Record<string, unknown> }> {
  const { kind, value } = await sandbox.invoke(aFunctionUrlEvent(body, { secret: WEBHOOK_SECRET, ...options }));
  expect(kind).toBe("response");
  const answer = value as { statusCode: number; headers: Record<string, string>; body: string };
  expect(answer.headers["content-type"]).toMatch(/^application\/json/);
  return { status: answer.statusCode, body: JSON.parse(answer.body) as Record<string, unknown> };
}

const launched = { status: 202, body: { decision: "launch" } };
const secretOf = (more: Record<string, unknown>) => ({ appId: 7, webhookSecret: WEBHOOK_SECRET, ...more });

describe("the webhook function under AWS's runtime client", () => {
  it("launches two jobs in one sandbox, with one look at the secret", async () => {
    await start();
    expect(await deliver(world.queued("11"))).toMatchObject(launched);
    expect(await deliver(world.queued("12"), { base64: true })).toMatchObject(launched);
    expect(await deliver(world.queued("12"))).toMatchObject({ status: 202, body: { decision: "duplicate", reason: "already-launching" } });
    expect(world.calls).toEqual(["secret", "encrypt", "put", "encrypt", "put"]);
    expect(world.published).toMatchObject([{ name: "baton-11-1" }, { name: "baton-12-1" }]);
  });

  it("answers errors as errors, and serves the next delivery", async () => {
    await start();
    expect((await deliver(world.queued("21"), { signature: "" })).status).toBe(401);
    expect((await deliver(world.queued("21"), { signature: `sha256=${"0".repeat(64)}` })).status).toBe(401);
    expect(world.calls).toEqual(["secret"]);
    expect((await deliver("not JSON")).status).toBe(400);
    expect((await deliver(JSON.stringify({ action: "queued", workflow_job: {} }))).status).toBe(400);
    expect(await deliver(world.queued("21"), { event: "push" })).toMatchObject({ status: 202, body: { decision: "ignore", reason: "not-for-us" } });
    expect(await sandbox.invoke({})).toMatchObject({ kind: "response", value: { statusCode: 404 } });
    expect(await deliver(world.queued("21"))).toMatchObject(launched);
  });

  it("records a wait when GitHub fails, and serves the next delivery", async () => {
    await start();
    const rule = world.github.misbehave({ on: "request", path: "/orgs/*/actions/runners/registration-token", do: "status", status: 500 });
    expect(await deliver(world.queued("31"))).toMatchObject({ status: 202, body: { decision: "wait", reason: "mint-failed" } });
    world.github.clearMisbehaviour(rule);
    expect(await deliver(world.queued("32"))).toMatchObject(launched);
  });

  it("answers 503 while the secret cannot be read, and serves once it can", async () => {
    world.setSecret(null);
    await start();
    expect(await deliver(world.queued("41"))).toMatchObject({ status: 503, body: { reason: "secret-unavailable" } });
    expect(sandbox.output()).toContain("AppSecretError");
    world.setSecret(secretOf({ privateKey: await usableKey() }));
    expect(await deliver(world.queued("41"))).toMatchObject(launched);
  });

  it("takes the old webhook secret and the new one while both are known, and the old one no longer after that", async () => {
    const privateKey = await usableKey();
    world.setSecret(secretOf({ privateKey }));
    await start();
    expect(await deliver(world.queued("51"))).toMatchObject(launched);

    world.setSecret({ appId: 7, privateKey, webhookSecret: "the new one", previousWebhookSecret: WEBHOOK_SECRET });
    await sixMinutesPass();
    expect(await deliver(world.queued("52"))).toMatchObject(launched);
    expect(await deliver(world.queued("53"), { secret: "the new one" })).toMatchObject(launched);

    world.setSecret({ appId: 7, privateKey, webhookSecret: "the new one" });
    await sixMinutesPass();
    const body = world.queued("54");
    expect((await deliver(body, { signature: signatureOf(body) })).status).toBe(401);
    expect(await deliver(body, { secret: "the new one" })).toMatchObject(launched);
  });

  it("picks up a new private key without a deploy", async () => {
    world.setSecret(secretOf({ privateKey: await usableKey() }));
    await start();
    expect(await deliver(world.queued("61"))).toMatchObject(launched);
    world.setSecret(secretOf({ privateKey: await usableKey() }));
    // Past the life of the installation token that the old key obtained.
    for (let times = 0; times < 11; times += 1) await sixMinutesPass();
    expect(await deliver(world.queued("62"))).toMatchObject(launched);
  });

  it.each(["EVENT_BUS_NAME", "GITHUB_APP_SECRET_ID", "RUNNER_PROFILES"])("does not start without %s, and says so", async (name) => {
    await start({ [name]: "" });
    await sandbox.ended;
    expect(JSON.stringify(sandbox.initErrors)).toContain(name);
  });
});

/** For the function and for GitHub. */
async function sixMinutesPass(): Promise<void> {
  await sandbox.moveClock();
  world.moveGithubClock(6 * 60_000);
}

/** A key pair whose public half GitHub takes from now on, and no other. */
async function usableKey(): Promise<string> {
  const { publicKey, privateKey } = anRsaKey();
  world.github.setAppKey(publicKey);
  return privateKey;
}
