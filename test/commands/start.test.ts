import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { aPrivateKey } from "../support/a-private-key.ts";

async function start(env: Readonly<Record<string, string>>): Promise<{ code: unknown; output: string }> {
  // Set to nothing, so that an operator's own .env does not reach the test.
  const unset = { APP_ID: "", PRIVATE_KEY: "", PRIVATE_KEY_PATH: "", WEBHOOK_SECRET: "", WEBHOOK_PROXY_URL: "", RUNNER_DIR: "", RUNNER_IMAGE: "" };
  const child = spawn(process.execPath, ["--import", "tsx", "app/commands/start.ts"], { env: { PATH: process.env["PATH"], ...unset, ...env }, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const [code] = (await once(child, "close")) as [unknown];
  return { code, output };
}

describe("npm start", { timeout: 30_000 }, () => {
  it("names everything that is missing of an App at once", async () => {
    const { code, output } = await start({ APP_ID: "1", RUNNER_DIR: "/a", RUNNER_IMAGE: "b" });
    expect(code).toBe(1);
    expect(output).toMatch(/WEBHOOK_SECRET: is missing[\s\S]*PRIVATE_KEY: is missing[\s\S]*RUNNER_DIR and RUNNER_IMAGE are both set/);
  });

  it("says what to set when jobs have nothing to run in", async () => {
    const { code, output } = await start({ APP_ID: "1", WEBHOOK_SECRET: "s", PRIVATE_KEY: aPrivateKey() });
    expect(code).toBe(1);
    expect(output).toMatch(/Jobs have nothing to run in[\s\S]*RUNNER_DIR .*actions\/runner\/releases[\s\S]*RUNNER_IMAGE/);
    expect(output).not.toContain("PRIVATE KEY-----");
  });
});
