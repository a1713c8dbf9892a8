import { spawnSync } from "node:child_process";
import { chmodSync, chownSync, cpSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { basename, delimiter, dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { installStandInAgent } from "../../app/local/stand-in-agent/install-stand-in-agent.ts";
import { processTree } from "../support/runner/processes.ts";
import { runnerTaskFixture } from "../support/runner/runner-task-fixture.ts";
import { entrypoint, plainCredential, taskEnvironment } from "../support/runner/start-runner-task.ts";
import { Script } from "../support/runner/start-script.ts";

const fixture = runnerTaskFixture();
const runnerId = 1001;

/** Why this machine cannot play a container, if it cannot. */
const missing = ((): string | undefined => {
  if (process.getuid?.() !== 0) return "only root can make namespaces and become another user";
  if (spawnSync("unshare", ["-m", "-p", "-f", "--mount-proc", "true"]).status !== 0) return "unshare does not work here";
  const reachable = spawnSync("setpriv", ["--reuid", `${runnerId}`, "--regid", `${runnerId}`, "--clear-groups", process.execPath, "--version"]);
  if (reachable.status !== 0) return "other users cannot run this node, or setpriv is missing";
  return undefined;
})();

/** The image's setting without an image: namespaces in which the entrypoint is PID 1, root, and finds user `runner` and tini. */
async function startContainer(changes: Readonly<Record<string, string>> = {}): Promise<Script> {
  const home = join(fixture.directory, "runner");
  await installStandInAgent(home, { cancelPollSeconds: 0.05 });
  chmodSync(fixture.directory, 0o755);
  for (const path of [home, ...readdirSync(home, { recursive: true, encoding: "utf8" }).map((name) => join(home, name))]) chownSync(path, runnerId, runnerId);
  const etc = join(fixture.directory, "etc");
  mkdirSync(etc);
  writeFileSync(join(etc, "passwd"), `root:x:0:0::/root:/bin/bash\nrunner:x:${runnerId}:${runnerId}::${home}:/bin/bash\n`);
  writeFileSync(join(etc, "group"), `root:x:0:\nrunner:x:${runnerId}:\n`);
  const bin = join(fixture.directory, "bin");
  mkdirSync(bin);
  // Where the real one is not installed, one that does as much: hands on the signal and the exit code.
  if (spawnSync("tini", ["--version"]).error) writeFileSync(join(bin, "tini"), '#!/bin/bash\nshift\n"$@" &\nchild=$!\ntrap \'kill -TERM $child\' TERM\nwait $child; wait $child\n', { mode: 0o755 });
  // As in the image, where everybody may read it; this checkout may be in a directory of root's alone.
  const image = join(fixture.directory, "image");
  cpSync(dirname(entrypoint), image, { recursive: true });
  const start = join(fixture.directory, "start.sh");
  writeFileSync(start, `mount --bind ${etc}/passwd /etc/passwd && mount --bind ${etc}/group /etc/group && exec bash ${join(image, basename(entrypoint))}\n`);
  const outer = join(fixture.directory, "outer.sh");
  writeFileSync(outer, `exec unshare -m -p -f --mount-proc --kill-child bash ${start}\n`);
  const environment = taskEnvironment(fixture.directory, fixture.service, { RUNNER_STOP_GRACE_SECONDS: "3", ...changes });
  return new Script(outer, [], { env: { ...environment, PATH: [bin, dirname(process.execPath), process.env["PATH"]].join(delimiter) } });
}

describe.skipIf(missing !== undefined)(missing === undefined ? "as in a container" : `as in a container (left out: ${missing})`, () => {
  it("PID 1 becomes tini, and the agent and its job run as user runner", async () => {
    const job = fixture.service.queue({ steps: [{ run: "id -un; echo home $HOME; tr '\\0' ' ' </proc/1/cmdline" }] });
    const task = await startContainer();
    expect(await task.ended()).toBe(0);
    const log = fixture.service.reports.get(job)?.log;
    expect(log).toMatch(/^runner$/m);
    expect(log).toContain(`home ${join(fixture.directory, "runner")}`);
    expect(log).toMatch(/tini -- bash .*entrypoint\.sh supervise/);
  });

  it("a job reads no other user's environment, and root finds no credential in any", async () => {
    const credential = plainCredential(fixture.service.token);
    const job = fixture.service.queue({
      steps: [{ run: "cat /proc/1/environ || echo kept out; echo under way; while [ ! -e $RUNNER_TEMP/go-on ]; do sleep 0.05; done" }],
    });
    const task = await startContainer({ RUNNER_CREDENTIAL: credential, AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: "/a-task-role-path" });
    await fixture.service.untilLogged(job, "under way");
    expect(fixture.service.reports.get(job)?.log).toContain("kept out");
    const inside = processTree(task.pid).filter(({ pid }) => pid !== task.pid);
    expect(inside.some((process) => process.arguments.includes("supervise"))).toBe(true);
    for (const process of inside) {
      const shown = process.environment + process.arguments;
      expect(shown).not.toContain(credential);
      expect(shown).not.toContain(fixture.service.token);
      expect(shown).not.toContain("a-task-role-path");
    }
    writeFileSync(join(fixture.directory, "runner", "_work", "_temp", "go-on"), "");
    expect(await task.ended()).toBe(0);
  });

  it("a stopped container ends with 18 during a job", async () => {
    const job = fixture.service.queue({ steps: [{ run: "echo under way; sleep 60" }] });
    const task = await startContainer();
    await fixture.service.untilLogged(job, "under way");
    const first = processTree(task.pid).find((process) => process.arguments.includes("tini --"));
    process.kill(first?.pid ?? -1, "SIGTERM");
    expect(await task.ended()).toBe(18);
    expect(fixture.service.reports.get(job)?.conclusion).toBe("cancelled");
  });
});
