import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { aFunctionUrlEvent } from "./support/a-function-url-event.ts";
import { aDeployedWorld, WEBHOOK_SECRET, type DeployedWorld } from "./support/a-deployed-world.ts";

const run = promisify(execFile);

/** What `npm run build` makes, called as a function; test/lambda-runtime does the same through AWS's own runtime client. */
describe("the bundle of the webhook function", () => {
  const directory = mkdtempSync(join(tmpdir(), "baton-bundle-"));
  let world: DeployedWorld;

  beforeAll(async () => {
    world = await aDeployedWorld();
    await run(process.execPath, ["--import", "tsx", "infra/bundles/build-functions.ts"]);
  });
  afterAll(async () => {
    await world.close();
    rmSync(directory, { recursive: true, force: true });
  });

  /** A fresh sandbox, which gets the events one after another. */
  async function invoke(...sent: readonly object[]): Promise<readonly { statusCode: number; body: Record<string, unknown> }[]> {
    const script = join(directory, "sandbox.cjs");
    writeFileSync(
      script,
      `const { handler } = require(${JSON.stringify(resolve("dist/webhook/index.cjs"))});
      if (handler.length > 2) throw new Error("nodejs24.x refuses a handler of three parameters");
      (async () => {
        const answers = [];
        for (const event of ${JSON.stringify(sent)}) answers.push(await handler(event, {}));
        process.stdout.write("\\nANSWERS " + JSON.stringify(answers) + "\\n", () => process.exit(0));
      })();`,
    );
    const { stdout } = await run(process.execPath, [script], { env: { ...world.environment } });
    const answers = JSON.parse(/ANSWERS (.*)/.exec(stdout)?.[1] ?? "[]") as { statusCode: number; body: string }[];
    return answers.map(({ statusCode, body }) => ({ statusCode, body: JSON.parse(body) as Record<string, unknown> }));
  }

  it("launches from Function URL events, base64 or not, twice in one sandbox", async () => {
    world.calls.length = 0;
    const event = (jobId: string, base64 = false) => aFunctionUrlEvent(world.queued(jobId), { secret: WEBHOOK_SECRET, base64 });
    const answers = await invoke(event("11"), event("12", true), event("12"));
    expect(answers).toMatchObject([
      { statusCode: 202, body: { decision: "launch" } },
      { statusCode: 202, body: { decision: "launch" } },
      { statusCode: 202, body: { decision: "duplicate", reason: "already-launching" } },
    ]);
    expect(world.calls).toEqual(["secret", "encrypt", "put", "encrypt", "put"]);
    expect(world.published).toMatchObject([
      { decision: "launch", name: "baton-11-1", credential: expect.stringMatching(/^kms:/) },
      { decision: "launch", name: "baton-12-1", credential: expect.stringMatching(/^kms:/) },
    ]);
  });

  it("is slim: all of zod in the place of its small form would add 60 KiB, an SDK client of AWS 30", () => {
    expect(statSync("dist/webhook/index.cjs").size / 1024).toBeLessThan(440);
  });

  it("calls nothing but the one secret for a forged delivery", async () => {
    world.calls.length = 0;
    const forged = (signature: string) => aFunctionUrlEvent(world.queued("13"), { secret: WEBHOOK_SECRET, signature });
    const answers = await invoke(forged(`sha256=${"0".repeat(64)}`), forged(""));
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([401, 401]);
    expect(world.calls).toEqual(["secret"]);
  });
});
