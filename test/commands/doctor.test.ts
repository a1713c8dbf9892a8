import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { CheckedDeployment } from "../../app/check-installation.ts";
import type { Diagnosis } from "../../app/core/diagnosis.ts";
import { leavePlaneNotice, readPlaneNotice, type PlaneNotice } from "../../app/local/plane-notice.ts";
import { explainWorldOf } from "../support/a-diagnosis.ts";
import { aLocalBaton, eventually, type LocalBaton } from "../support/a-local-baton.ts";
import { OUTPUTS, startDeployedAccount, type DeployedAccount } from "../support/operator/a-deployed-stack.ts";
import { runCommandLine, type CommandLine } from "../support/operator/run-command-line.ts";
import { AwsRefusal } from "../support/operator/start-aws-account.ts";
import { aPolicy } from "../support/test-profiles.ts";

let baton: LocalBaton;
let directory: string;
beforeAll(async () => {
  baton = await aLocalBaton();
}, 60_000);
afterAll(() => baton.close());
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "baton-doctor-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function doctor(args: readonly string[], env: Readonly<Record<string, string>> = {}): CommandLine {
  return runCommandLine("doctor", args, { cwd: directory, env: { TSX_TSCONFIG_PATH: resolve("tsconfig.json"), ...env } });
}

async function ends(command: CommandLine): Promise<{ readonly code: number | null; readonly output: string; readonly errors: string }> {
  const code = await command.ended;
  for (const secret of [baton.app.webhookSecret, "PRIVATE KEY", "ghs_", "\u001B["]) expect(command.output() + command.errors()).not.toContain(secret);
  return { code, output: command.output(), errors: command.errors() };
}

/** As `npm start` and `npm run demo -- --keep` leave it. */
function aNotice(changes: Partial<PlaneNotice> = {}): PlaneNotice {
  const privateKeyFile = join(directory, "app.pem");
  writeFileSync(privateKeyFile, baton.app.privateKey);
  const { profiles, targets } = aPolicy();
  return {
    pid: process.pid,
    startedBy: "npm run demo -- --keep",
    github: { apiUrl: baton.github.apiUrl, webOrigin: baton.github.origin },
    runnerNamePrefix: "baton",
    profiles: { profiles, targets },
    aws: baton.plane.aws,
    hookUrl: baton.plane.webhookUrl,
    simulatedApp: { appId: baton.app.appId, privateKeyFile },
    ...changes,
  };
}

const url = (jobId: string | undefined) => baton.github.job(jobId ?? "").htmlUrl;
const roundIsOver = () => eventually("what a round saw", () => explainWorldOf(baton).sightings.read(), (seen) => seen !== null);

describe("npm run doctor, on this machine", { timeout: 60_000 }, () => {
  it("explains itself", async () => {
    const { code, output } = await ends(doctor(["--help"]));
    expect(code).toBe(0);
    expect(output).toMatch(/job-or-run-url[\s\S]*--stack[\s\S]*--json[\s\S]*Ends with 0/);
  });

  it("says what to start where nothing runs, also when the last control plane was killed", async () => {
    for (const prepare of [() => {}, () => void leavePlaneNotice(aNotice({ pid: 2 ** 22 - 1 }), directory)]) {
      prepare();
      expect(await ends(doctor([]))).toMatchObject({ code: 2, output: "", errors: expect.stringMatching(/No control plane runs in this directory.*npm start.*--stack NAME/) });
    }
  });

  it("names the first thing that is wrong, in plain lines, and ends with 1", async () => {
    leavePlaneNotice(aNotice(), directory);
    const [jobId] = baton.queue({ name: "train", runsOn: ["self-hosted", "gpu"] });
    await eventually("its record", () => baton.plane.store.get(jobId ?? ""), (record) => record?.state === "ignored");
    const { code, output, errors } = await ends(doctor([url(jobId)]));
    expect(errors).toBe("");
    expect(output.split("\n").slice(0, 2)).toEqual(["WRONG  No profile covers the label gpu.", `acme/shop, job "train": ${url(jobId)}`]);
    expect(output).toMatch(/What to do:\n {2}1\. .*\n[\s\S]*Looked at:\n[\s\S]*WRONG +labels +\[self-hosted, gpu\]: no-matching-profile\.[\s\S]*Cause: no-matching-profile/);
    expect(code).toBe(1);
  });

  it("says the same as one JSON object and nothing else", async () => {
    leavePlaneNotice(aNotice(), directory);
    const [jobId] = baton.queue({ name: "hosted", runsOn: ["ubuntu-latest"] });
    const { code, output } = await ends(doctor(["--json", url(jobId)]));
    const diagnosis = JSON.parse(output) as Diagnosis;
    expect(output.trim().split("\n")).toHaveLength(1);
    expect(diagnosis).toMatchObject({ verdict: "ok", job: { id: jobId, name: "hosted", repository: "acme/shop", installationId: String(baton.installationId) } });
    expect(Object.keys(diagnosis).toSorted()).toEqual(["advice", "because", "cause", "findings", "job", "summary", "verdict"]);
    expect(code).toBe(0);
  });

  it("ends with 2 where it cannot be told", async () => {
    leavePlaneNotice(aNotice(), directory);
    expect(await ends(doctor(["https://github.com/acme/shop/actions/runs/1"]))).toMatchObject({ code: 2, output: expect.stringMatching(/^UNKNOWN {2}That address is on github\.com/) });
  });

  it("alone checks the deployment and every installation", async () => {
    leavePlaneNotice(aNotice(), directory);
    await roundIsOver();
    const { code, output } = await ends(doctor([]));
    expect(output).toMatch(/^this machine \(npm run demo -- --keep\)\n {2}ok +App's key[\s\S]*\nacme +http[\s\S]*Runner group Default[\s\S]*\d+ well, 0 wrong/);
    expect(code).toBe(0);
  });

  it("alone ends with 1 where something is wrong, and says so in JSON", async () => {
    leavePlaneNotice(aNotice({ hookUrl: "https://elsewhere.example/" }), directory);
    await roundIsOver();
    const { code, output } = await ends(doctor(["--json"]));
    const checked = JSON.parse(output) as CheckedDeployment & { ok: boolean };
    expect(checked).toMatchObject({ ok: false, installations: { kind: "seen", value: [{ installation: { account: { login: "acme" } } }] } });
    expect(checked.deployment.filter(({ standing }) => standing === "wrong").map(({ id }) => id)).toEqual(["hook"]);
    expect(code).toBe(1);
  });

  it("goes by the App of .env where npm start runs on it", async () => {
    leavePlaneNotice(aNotice({ startedBy: "npm start", simulatedApp: null }), directory);
    expect(await ends(doctor([]))).toMatchObject({ code: 2, errors: expect.stringContaining("npm run setup") });
    await roundIsOver();
    const env = { APP_ID: String(baton.app.appId), PRIVATE_KEY: baton.app.privateKey, WEBHOOK_SECRET: baton.app.webhookSecret };
    expect(await ends(doctor([], env))).toMatchObject({ code: 0, output: expect.stringContaining("this machine (npm start)") });
  });
});

describe("the notice of a control plane", () => {
  it("is for its owner's eyes, holds no secret, and is taken back by who left it", () => {
    const notice = aNotice();
    const left = leavePlaneNotice(notice, directory);
    expect(statSync(join(directory, ".baton/local.json")).mode & 0o777).toBe(0o600);
    expect(readPlaneNotice(directory)).toEqual(notice);
    const other = leavePlaneNotice(aNotice({ pid: process.ppid }), directory);
    left.withdraw();
    expect(readPlaneNotice(directory)?.pid).toBe(process.ppid);
    other.withdraw();
    expect(readPlaneNotice(directory)).toBeNull();
  });

  it("counts as none where it is not one", () => {
    leavePlaneNotice(aNotice(), directory);
    writeFileSync(join(directory, ".baton/local.json"), "{}");
    expect(readPlaneNotice(directory)).toBeNull();
  });
});

describe("npm run doctor, of a deployed stack", { timeout: 60_000 }, () => {
  let account: DeployedAccount;
  beforeEach(async () => {
    account = await startDeployedAccount({ githubApiUrl: baton.github.apiUrl });
    Object.assign(account.outputs, { WebhookUrl: baton.plane.webhookUrl, JobsTableName: baton.plane.aws.jobsTable, ClusterName: baton.plane.aws.cluster });
    account.secrets.set(OUTPUTS.AppSecretId, JSON.stringify(baton.app));
  });
  afterEach(() => account.close());

  const deployed = (...args: string[]) =>
    doctor(["--stack", "Baton", ...args], { ...account.environment, AWS_ENDPOINT_URL_DYNAMODB: baton.plane.aws.dynamoDbUrl, AWS_ENDPOINT_URL_ECS: baton.plane.aws.ecsUrl });

  it("explains a job by the stack's own key, table and tasks", async () => {
    const [jobId] = baton.queue({ name: "build" });
    await eventually("its end", () => baton.github.job(jobId ?? ""), ({ status }) => status === "completed");
    const { code, output, errors } = await ends(deployed(url(jobId)));
    expect(errors).toBe("");
    expect(output).toMatch(/^OK {2}The job ran on our runner baton-\d+-1 and ended as success\.[\s\S]*ok +hook-delivery +202[\s\S]*ok +task +/);
    expect(code).toBe(0);
    expect(account.callsOf("PutSecretValue")).toEqual([]);
  });

  it("checks the stack, and says of the image that nobody has looked at it yet", async () => {
    await roundIsOver();
    const { output } = await ends(deployed());
    expect(output).toMatch(/^the stack Baton in eu-west-1\n[\s\S]*not seen +Runner image +The release watch has not looked at it yet\.[\s\S]*1 not seen/);
  });

  it("names what is missing: no App, no stack, no right to look", async () => {
    account.secrets.clear();
    expect(await ends(deployed())).toMatchObject({ code: 2, errors: expect.stringContaining("npm run setup -- --stack Baton") });
    account.status = null;
    expect(await ends(deployed())).toMatchObject({ code: 2, errors: expect.stringContaining('There is no stack "Baton"') });
    account.on("DescribeStacks", () => {
      throw new AwsRefusal("AccessDenied", "not authorized to perform: cloudformation:DescribeStacks", 403);
    });
    expect(await ends(deployed())).toMatchObject({ code: 2, errors: expect.stringContaining("cloudformation:DescribeStacks") });
  });

  it("goes on without the tasks where ECS may not be looked at", async () => {
    const [jobId] = baton.queue({ name: "train", runsOn: ["self-hosted", "gpu"] });
    await eventually("its record", () => baton.plane.store.get(jobId ?? ""), (record) => record?.state === "ignored");
    account.on("ListTasks", () => {
      throw new AwsRefusal("AccessDeniedException", "not authorized to perform: ecs:ListTasks", 400);
    });
    const command = doctor(["--stack", "Baton", "--json", url(jobId)], { ...account.environment, AWS_ENDPOINT_URL_DYNAMODB: baton.plane.aws.dynamoDbUrl });
    const { code, output } = await ends(command);
    const diagnosis = JSON.parse(output) as Diagnosis;
    expect(diagnosis).toMatchObject({ cause: "no-matching-profile" });
    expect(diagnosis.findings.find(({ topic }) => topic === "task")).toMatchObject({ standing: "not-permitted", text: expect.stringContaining("ecs:ListTasks") });
    expect(code).toBe(1);
  });
});
