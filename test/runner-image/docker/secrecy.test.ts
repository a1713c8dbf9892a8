import { closeSync, openSync, readFileSync, readSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { createServer } from "node:http";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startKmsStub, taskRole, type KmsStub } from "../../support/runner/start-kms-stub.ts";
import { containerFixture, type ContainerTask } from "./container-task.ts";
import { dockerOutput } from "./docker.ts";

const fixture = containerFixture();
/** Where ECS answers for credentials and metadata, here on the loopback of the daemon's machine. */
const ECS_ADDRESS = "169.254.170.2";
const ROLE_PATH = "/v2/credentials/0f5a8ad4-2b1c-4b7e-9d0c-5a1d3c8e7f60";
const METADATA_PATH = "/v4/cd189a933e5849daa93386466019ab50-2495160603";
const CONTEXT = { "baton:job": "8123456789", "baton:launch": "1", "baton:target": "fargate-x64" };

/** As ECS starts a task. */
const surroundings = {
  AWS_REGION: "eu-central-1",
  AWS_EXECUTION_ENV: "AWS_ECS_FARGATE",
  AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: ROLE_PATH,
  ECS_CONTAINER_METADATA_URI_V4: `http://${ECS_ADDRESS}${METADATA_PATH}`,
  ECS_AGENT_URI: `http://${ECS_ADDRESS}/api/cd189a933e5849daa93386466019ab50-2495160603`,
};

/** Everything root can read of a container, into the job's log. */
const LOOK_AROUND = `
sudo bash -c 'for process in /proc/[0-9]*; do tr "\\0" "\\n" <$process/environ; tr "\\0" " " <$process/cmdline; ls -l $process/fd $process/cwd; done; mount; cat /proc/keys' 2>/dev/null
echo "== files"
sudo find / /dev/shm /run -xdev -type f -newer /etc/hostname -size -512k ! -path '/proc/*' ! -path '/sys/*' ! -path '*/step-*.sh' -exec sh -c 'echo "-- $1"; cat "$1"' _ {} \\; 2>/dev/null | tr -d '\\0'
echo "== paths"
sudo bash -c 'for process in /proc/[0-9]*; do while read -r range rights _; do
  case $rights in rw*) start=$((16#\${range%-*})); length=$((16#\${range#*-} - start)); [ $length -gt 33554432 ] ||
    tail -c +$((start + 1)) $process/mem 2>/dev/null | head -c $length ;; esac
done <$process/maps; done' 2>/dev/null | grep -aoE '/v2/credentials/[0-9a-f-]{36}|AQICAH[A-Za-z0-9+/]{20,}' | sort -u
`;
const HELD = 'echo under way; until [ -e "$RUNNER_TEMP/go-on" ]; do sleep 0.1; done';

let kms: KmsStub;
let asked: string[] = [];
const ecs = createServer((request, response) => {
  asked.push(request.url ?? "");
  const found = request.url === ROLE_PATH;
  response.writeHead(found ? 200 : 404).end(found ? JSON.stringify(taskRole) : "{}");
});
let added = false;

beforeAll(async () => {
  kms = await startKmsStub("eu-central-1");
  added = spawnSync("ip", ["address", "add", `${ECS_ADDRESS}/32`, "dev", "lo"]).status === 0;
  if (!added) throw new Error(`the loopback could not be given the address ${ECS_ADDRESS}: that takes root and iproute2`);
  await new Promise<void>((resolve, reject) => ecs.once("error", reject).listen(80, ECS_ADDRESS, resolve));
});
afterAll(async () => {
  await new Promise((resolve) => ecs.close(resolve));
  if (added) spawnSync("ip", ["address", "delete", `${ECS_ADDRESS}/32`, "dev", "lo"]);
  await kms.close();
});

function startSealed(changes: Readonly<Record<string, string>> = {}): { readonly task: ContainerTask; readonly secrets: readonly string[] } {
  asked = [];
  const sealed = kms.seal(gzipSync(fixture.service.token), CONTEXT);
  const task = fixture.start({ ...surroundings, RUNNER_CREDENTIAL: `kms:${sealed}`, AWS_ENDPOINT_URL_KMS: kms.origin, ...changes });
  return { task, secrets: [fixture.service.token, sealed, ROLE_PATH, METADATA_PATH, taskRole.SecretAccessKey, taskRole.Token] };
}

function goOn(task: ContainerTask): void {
  dockerOutput("exec", "--user", "runner", task.name, "touch", "/opt/actions-runner/_work/_temp/go-on");
}

describe("a job with sudo in a task that ECS started", () => {
  it("finds neither credential nor task role in any environment, argument, file or memory", async () => {
    const job = fixture.service.queue({ steps: [{ run: `${LOOK_AROUND}\n${HELD}` }] });
    const { task, secrets } = startSealed();
    await fixture.service.untilLogged(job, "under way", 120_000);
    const log = fixture.service.reports.get(job)?.log ?? "";
    // It did see what it may see: its own registration, and the supervisor's environment.
    expect(log).toContain(fixture.service.sessionSecret);
    expect(log).toContain("RUNNER_TARGET=fargate-x64");
    for (const secret of secrets) expect(log).not.toContain(secret);
    expect(log).not.toMatch(/AWS_|ECS_/);

    const memories = task.processes().map((pid) => ({ pid, held: memoryOf(pid) }));
    // So it is memory that was read.
    expect(memories.some(({ held }) => held.includes("fargate-x64"))).toBe(true);
    for (const { pid, held } of memories) {
      for (const secret of secrets) expect({ pid, secret, held: held.includes(secret) }).toMatchObject({ held: false });
    }
    goOn(task);
    expect(await task.script.ended()).toBe(0);
    for (const secret of secrets) expect(task.script.stdout + task.script.stderr).not.toContain(secret);
    // The entrypoint's own question, and no other.
    expect(asked).toEqual([ROLE_PATH]);
  });

  it("gets nothing from the addresses that it knows, and registers no second runner with what it has", async () => {
    const api = `${fixture.service.origin}/api/v3/actions/runner-registration`;
    const job = fixture.service.queue({
      steps: [
        {
          run: `
for path in / /v2/credentials /v2/credentials/ /v2/metadata /v3 /v4 /v4/$(hostname) /v4/$(hostname)/task /credentials; do echo "asked $(curl -s -o /dev/null -w '%{http_code}' --max-time 30 http://${ECS_ADDRESS}$path)"; done
for secret in $(sudo cat /opt/actions-runner/.credentials | jq -r .data.sessionSecret) $GITHUB_TOKEN; do
  echo "registered $(curl -s -o /dev/null -w '%{http_code}' -X POST -H "Authorization: RemoteAuth $secret" -d '{"url":"${fixture.service.origin}/acme","runner_event":"register"}' ${api})"
done
[ -z "$(env | grep -E 'AWS|ECS|CREDENTIAL|INPUT_')" ] && echo nothing in sight`,
        },
      ],
    });
    const { task } = startSealed();
    expect(await task.script.ended()).toBe(0);
    const log = fixture.service.reports.get(job)?.log ?? "";
    expect(new Set(log.match(/asked \d+/g))).toEqual(new Set(["asked 404"]));
    expect(log.match(/registered \d+/g)).toEqual(["registered 404"]);
    expect(log).toContain("nothing in sight");
    expect(asked.filter((path) => path === ROLE_PATH)).toHaveLength(1);
  });

  it("sees just these variables", async () => {
    const job = fixture.service.queue({ steps: [{ run: "env | sed -n 's/^\\([A-Za-z_]*\\)=.*/variable \\1/p' | sort" }] });
    const { task } = startSealed();
    expect(await task.script.ended()).toBe(0);
    const log = fixture.service.reports.get(job)?.log ?? "";
    const ours = [...log.matchAll(/^variable (\w+)$/gm)].map(([, name]) => name ?? "").filter((name) => !/^(GITHUB|RUNNER)_/.test(name));
    expect(ours).toEqual([
      "ACTIONS_RUNNER_HOOK_JOB_COMPLETED",
      "ACTIONS_RUNNER_HOOK_JOB_STARTED",
      "ACTIONS_RUNNER_RETURN_VERSION_DEPRECATED_EXIT_CODE",
      "AGENT_TOOLSDIRECTORY",
      "BATON_HOOK_LOG",
      "CI",
      "HOME",
      "LANG",
      "LOGNAME",
      "OLDPWD",
      "PATH",
      "PWD",
      "SHLVL",
      "USER",
      "_",
    ]);
  });
});

describe("a job without sudo", () => {
  it("gains no rights, reads nothing of root's and cannot get sudo back", async () => {
    const job = fixture.service.queue({
      steps: [
        {
          run: `sudo -n id 2>&1 || echo no sudo
ls /etc/sudoers.d/runner 2>/dev/null || echo no rule
cat /proc/1/environ 2>/dev/null || echo not root
grep -E '^(NoNewPrivs|CapEff|CapBnd|CapPrm)' /proc/self/status
cp /bin/bash /tmp/own && chmod u+s /tmp/own && echo "set-uid $(/tmp/own -p -c 'id -u')"
su -c id </dev/null 2>/dev/null || echo no su`,
        },
      ],
    });
    const { task } = startSealed({ RUNNER_SUDO: "0" });
    expect(await task.script.ended()).toBe(0);
    const log = fixture.service.reports.get(job)?.log ?? "";
    for (const text of ["no sudo", "no rule", "not root", "no su", "set-uid 1001"]) expect(log).toContain(text);
    expect(log).toMatch(/NoNewPrivs:\s1\b/);
    for (const set of ["CapEff", "CapBnd", "CapPrm"]) expect(log).toMatch(new RegExp(`${set}:\\s0{16}`));
  });
});

/** What the process can write to: stack, heap and data, as the machine's root sees it. Empty for one that is gone by now. */
function memoryOf(pid: number): string {
  let file: number;
  try {
    file = openSync(`/proc/${pid}/mem`, "r");
  } catch {
    return "";
  }
  try {
    return readFileSync(`/proc/${pid}/maps`, "utf8")
      .split("\n")
      .flatMap((line) => {
        const [, start, end] = /^([0-9a-f]+)-([0-9a-f]+) rw/.exec(line) ?? [];
        if (start === undefined || end === undefined) return [];
        const length = Number.parseInt(end, 16) - Number.parseInt(start, 16);
        const bytes = Buffer.alloc(Math.min(length, 64 * 1024 * 1024));
        try {
          return [bytes.subarray(0, readSync(file, bytes, 0, bytes.length, Number.parseInt(start, 16))).toString("latin1")];
        } catch {
          // Reserved, and never used.
          return [];
        }
      })
      .join("\n");
  } finally {
    closeSync(file);
  }
}
