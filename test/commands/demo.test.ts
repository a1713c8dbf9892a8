import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { describe, expect, it } from "vitest";

function demo(...args: readonly string[]) {
  const child = spawn(process.execPath, ["--import", "tsx", "app/commands/demo.ts", ...args], { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  const waiting = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => {
      output += chunk.toString();
      for (const look of waiting) look();
    });
  }
  return {
    child,
    output: () => output,
    /** Resolves once the output holds it, or the process has ended. */
    prints: (text: string) =>
      new Promise<void>((resolve) => {
        const look = () => {
          if (output.includes(text)) resolve();
        };
        waiting.add(look);
        child.once("close", () => resolve());
        look();
      }),
    ended: once(child, "close") as Promise<[number | null, NodeJS.Signals | null]>,
  };
}

/** Command lines and environments of every process that is visible, but this one's. */
function processesNaming(text: string): readonly string[] {
  return readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry) && Number(entry) !== process.pid)
    .filter((pid) => ["cmdline", "environ"].some((file) => read(`/proc/${pid}/${file}`).includes(text)));
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

describe("npm run demo", { timeout: 60_000 }, () => {
  it("explains itself", async () => {
    const { ended, output } = demo("--help");
    expect(await ended).toEqual([0, null]);
    expect(output()).toMatch(/--keep .*port 3000[\s\S]*Ends with 0 when every job ended as it should/);
  });

  it("names what it does not know", async () => {
    const { ended, output } = demo("--launcher", "podman");
    expect((await ended)[0]).toBe(1);
    expect(output()).toMatch(/podman.*Allowed choices are process, docker/);
  });

  it.skipIf(process.platform !== "linux")("ends on Ctrl-C in the middle of jobs and leaves no process behind", async () => {
    const { child, prints, ended, output } = demo();
    await prints("running on baton-");
    const directory = /baton-demo-[\w]+/;
    child.kill("SIGINT");
    expect((await ended)[0], output()).toBe(130);
    const names = readdirSync(tmpdir()).filter((name) => directory.test(name));
    expect(names.flatMap((name) => processesNaming(`/${name}/work/`))).toEqual([]);
  });
});
