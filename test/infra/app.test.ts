import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";

it("writes the cloud assembly where it is told", async () => {
  const directory = mkdtempSync(join(tmpdir(), "baton-synth-"));
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, ["node_modules/tsx/dist/cli.mjs", "infra/app.ts", directory]);
    expect(stdout.trim()).toBe(join(directory, "Baton.template.json"));
    // CDK prints validation findings and deprecations there.
    expect(stderr).toBe("");
    expect(JSON.parse(readFileSync(stdout.trim(), "utf8"))).toHaveProperty("Resources");
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}, 60_000);
