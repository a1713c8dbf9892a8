import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { runCommandLine } from "../support/operator/run-command-line.ts";
import { aFreePort } from "../support/a-free-port.ts";
import { aBrowser } from "../support/admin/a-browser.ts";
import { signInAt } from "../support/admin/an-admin-world.ts";
import { eventually } from "../support/a-local-baton.ts";

let directory: string;
const running = new Set<number>();
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "baton-demos-"));
});
afterEach(() => {
  for (const pid of running) process.kill(-pid, "SIGKILL");
  running.clear();
  rmSync(directory, { recursive: true, force: true });
});

/** As a shell starts it: in a process group of its own, all of which a terminal's Ctrl-C goes to. */
function demo(...args: readonly string[]) {
  const child = spawn("npm", ["run", "demo", "--", ...args], { detached: true, stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, TMPDIR: directory } });
  const { pid = 0 } = child;
  running.add(pid);
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const ended = (once(child, "close") as Promise<[number | null, NodeJS.Signals | null]>).finally(() => running.delete(pid));
  return {
    output: () => output,
    prints: (text: string) => eventually(`"${text}"`, () => output, (printed) => printed.includes(text), 150_000),
    pressCtrlC: () => process.kill(-pid, "SIGINT"),
    ended,
  };
}

/** Command lines of the processes, this one aside, that show the text there or in their environment. */
function processesNaming(text: string): readonly string[] {
  return readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry) && Number(entry) !== process.pid)
    .filter((pid) => ["cmdline", "environ"].some((file) => read(`/proc/${pid}/${file}`).includes(text)))
    .map((pid) => read(`/proc/${pid}/cmdline`).replaceAll("\0", " "));
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

describe("npm run demo", () => {
  it("explains itself", async () => {
    const { ended, output } = demo("--help");
    expect(await ended).toEqual([0, null]);
    expect(output()).toMatch(/--keep [\s\S]*port\s+3000[\s\S]*Ends with 0 when every job ended as it should/);
  });

  it.each([
    [["--launcher", "podman"], /podman.*Allowed choices are process, docker/],
    [["--port", "70000"], /It has to be a number up to 65535/],
  ])("names what it does not take: %j", async (args, message) => {
    const { ended, output } = demo(...args);
    expect((await ended)[0]).toBe(1);
    expect(output()).toMatch(message);
  });

  it("in a pipe prints plain lines and a table, and with --keep stays up, runs what its curl line queues, and leaves no process behind", async () => {
    const { prints, output, pressCtrlC, ended } = demo("--keep", "--port", String(await aFreePort()));
    await prints("Still up.");
    expect(output()).toMatch(/^ +\d+\.\d s {2}lint +running on baton-\d+-1$/m);
    expect(output()).toMatch(/^job +runs-on +received +minted +published +task +registered +running +done +outcome$/m);
    expect(output()).toMatch(/^docs +ubuntu-latest .*ignored: no-matching-profile$/m);
    expect(output()).toMatch(/Every job ended as it should in \d+\.\d s, on 9 tasks\. Nothing is left over\.\nJob logs: \S+/);
    // oxlint-disable-next-line no-control-regex
    expect(output()).not.toMatch(/\x1b/);

    const [, pages = ""] = /Watch it at (\S+): sign in as ada/.exec(output()) ?? [];
    const ada = aBrowser();
    expect((await signInAt(ada, new URL(pages).origin, "ada")).text).toContain("acme");
    const milo = aBrowser();
    expect((await signInAt(milo, new URL(pages).origin, "milo")).text).not.toContain("/installations/");

    const [, finished = ""] = /npm run doctor -- (\S+)/.exec(output()) ?? [];
    const doctor = runCommandLine("doctor", [finished]);
    expect(await doctor.ended, doctor.output() + doctor.errors()).toBe(0);
    expect(doctor.output()).toMatch(/^OK {2}The job ran on our runner baton-\d+-1 and ended as success\.$/m);

    const [, url = "", body = ""] = /curl -X POST (\S+) -d '([^']+)'/.exec(output()) ?? [];
    const { jobIds } = (await (await fetch(url, { method: "POST", body })).json()) as { jobIds: string[] };
    const state = `${new URL(url).origin}/_simulator/state`;
    const jobs = async () => ((await (await fetch(state)).json()) as { jobs: { id: string; conclusion: string | null }[] }).jobs;
    await eventually("the queued job's end", jobs, (seen) => seen.some(({ id, conclusion }) => id === jobIds[0] && conclusion === "success"));
    pressCtrlC();
    await ended;
    if (process.platform === "linux") expect(processesNaming(`${directory}/`)).toEqual([]);
  });

  it.skipIf(process.platform !== "linux")("ends on Ctrl-C in the middle of jobs and leaves no process behind", async () => {
    const { prints, pressCtrlC, ended, output } = demo();
    await prints("running on baton-");
    expect(processesNaming(`${directory}/`)).not.toEqual([]);
    pressCtrlC();
    // 130, or npm's own end by the signal.
    expect([[130, null], [null, "SIGINT"]], output()).toContainEqual(await ended);
    expect(processesNaming(`${directory}/`)).toEqual([]);
  });
});
