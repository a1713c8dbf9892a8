import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { aLocalBaton, type LocalBaton, type LocalBatonOptions } from "../support/a-local-baton.ts";
import { OUTPUTS, startDeployedAccount, type DeployedAccount } from "../support/operator/a-deployed-stack.ts";
import { runCommandLine, type CommandLine } from "../support/operator/run-command-line.ts";
import { AwsRefusal } from "../support/operator/start-aws-account.ts";

const firstWorkflow = readFileSync("docs/first-workflow.yml", "utf8");
const steps = ["queued", "delivered", "recorded", "launched", "task", "registered", "running", "done", "gone"];

let baton: LocalBaton;
let account: DeployedAccount;
let token: string;

/** A deployed stack whose Lambda functions are the local control plane, and whose tasks are its processes. */
async function deploy(options: LocalBatonOptions = {}): Promise<void> {
  baton = await aLocalBaton(options);
  account = await startDeployedAccount({ githubApiUrl: baton.github.apiUrl });
  Object.assign(account.outputs, { WebhookUrl: baton.plane.webhookUrl, JobsTableName: baton.plane.aws.jobsTable, ClusterName: baton.plane.aws.cluster });
  account.secrets.set(OUTPUTS.AppSecretId, JSON.stringify(baton.app));
  account.on("DescribeImages", () => ({ imageDetails: [{ imageDigest: "sha256:1", imageTags: ["latest"] }] }));
  baton.github.addWorkflowFile("acme/shop", ".github/workflows/first-workflow.yml", firstWorkflow);
  token = baton.github.addPersonalToken("octocat");
}

afterEach(async () => {
  await baton.close();
  await account.close();
});

function smoke(...args: string[]): CommandLine {
  return runCommandLine("smoke", ["--org", "acme", "--repo", "shop", "--interval", "0.1", ...args], {
    env: { ...account.environment, AWS_ENDPOINT_URL_DYNAMODB: baton.plane.aws.dynamoDbUrl, AWS_ENDPOINT_URL_ECS: baton.plane.aws.ecsUrl, GITHUB_TOKEN: token },
  });
}

async function outcomeOf(command: CommandLine) {
  const code = await command.ended;
  return { code, ...(JSON.parse(command.output()) as { ok: boolean; steps: { step: string; seconds: number | null; detail: string }[]; failure: { step: string; what: string; next: string } | null }) };
}

describe("npm run smoke", () => {
  beforeEach(() => deploy());

  it("runs one job and tells each step with its seconds, in order, in plain lines", async () => {
    const command = smoke();
    expect(await command.ended, command.output() + command.errors()).toBe(0);
    const lines = [...command.output().matchAll(/^ +(\d+\.\d) s {2}(\w+)(.*)$/gm)].map(([, at, step, detail]) => ({ at: Number(at), step, detail }));
    expect(lines.map(({ step }) => step)).toEqual(steps);
    expect(lines.map(({ at }) => at)).toEqual(lines.map(({ at }) => at).toSorted((one, other) => one - other));
    expect(lines.find(({ step }) => step === "running")?.detail).toMatch(/baton-\d+-1/);
    expect(command.output()).toContain("nothing is left over");
    expect(command.output() + command.errors()).not.toContain("\u001B[");
    expect(baton.github.jobs()).toMatchObject([{ name: "first-job", conclusion: "success" }]);
    expect(baton.github.runners()).toEqual([]);
  });

  it("says the same as one JSON object", async () => {
    const { code, ok, steps: told, failure } = await outcomeOf(smoke("--json", "--profile", "small"));
    expect({ code, ok, failure }).toEqual({ code: 0, ok: true, failure: null });
    expect(told.map(({ step }) => step)).toEqual(steps);
    expect(told.every(({ seconds }) => typeof seconds === "number")).toBe(true);
  });

  it("follows a run that a person started in the browser, without any token", async () => {
    const { runId } = baton.github.queueWorkflow({ repository: "acme/shop", name: "by hand", jobs: [{ name: "x", runsOn: ["self-hosted", "small"], steps: [{ run: "true" }] }] });
    token = "";
    const { ok } = await outcomeOf(smoke("--json", "--run", `${baton.github.origin}/acme/shop/actions/runs/${runId}`));
    expect(ok).toBe(true);
  });

  it("shows no credential", async () => {
    const command = smoke();
    await command.ended;
    for (const secret of [token, baton.app.webhookSecret, "PRIVATE KEY", "ghs_"]) expect(command.output() + command.errors()).not.toContain(secret);
  });
});

describe("a job that does not get through names its first missing step", () => {
  it("delivered: GitHub left the event out", async () => {
    await deploy();
    baton.github.misbehave({ on: "delivery", event: "workflow_job", action: "queued", do: "swallow" });
    const { code, failure, steps: told } = await outcomeOf(smoke("--json", "--timeout", "12"));
    expect(code).toBe(1);
    expect(failure).toMatchObject({ step: "delivered", what: expect.stringMatching(/Not within 12.0 s.*not delivered/), next: expect.stringContaining("Workflow job") });
    expect(told.filter(({ seconds }) => seconds !== null).map(({ step }) => step)).toEqual(["queued"]);
  });

  it("delivered: another secret at GitHub than in the stack, at once", async () => {
    await deploy();
    baton.github.setWebhook(baton.plane.webhookUrl, "another secret");
    const { failure } = await outcomeOf(smoke("--json"));
    expect(failure).toMatchObject({ step: "delivered", what: expect.stringContaining("401"), next: expect.stringContaining("npm run setup -- --stack Baton") });
  });

  it("launched: the job is ignored, with the reason, at once", async () => {
    await deploy({ profiles: [{ name: "small", labels: ["self-hosted", "small"], repositories: ["acme/other"] }] });
    const { failure } = await outcomeOf(smoke("--json"));
    expect(failure).toMatchObject({ step: "launched", what: "Baton ignored the job: repository-not-allowed.", next: expect.stringContaining("runner-profiles.yml") });
  });

  it("launched: GitHub gives no registration token", async () => {
    await deploy();
    baton.github.misbehave({ on: "request", method: "POST", path: "/orgs/*/actions/runners/registration-token", do: "status", status: 403 });
    const { failure } = await outcomeOf(smoke("--json", "--timeout", "12"));
    expect(failure?.what).toMatch(/The job waits: mint-refused/);
    expect(failure?.next).toMatch(/accepted the App's permissions/);
  });

  it("registered: the task ends before, with what its exit code means", async () => {
    await deploy({ startContainer: async () => ({ ended: Promise.resolve({ exitCode: 12, reason: null }), stop() {} }) });
    const { failure } = await outcomeOf(smoke("--json", "--timeout", "12"));
    expect(failure).toMatchObject({ step: "registered", what: expect.stringContaining("exit code 12"), next: expect.stringContaining("credential was refused") });
  });

  it("done: the job itself fails", async () => {
    await deploy();
    baton.github.addWorkflowFile("acme/shop", ".github/workflows/first-workflow.yml", firstWorkflow.replace("run: echo", "run: exit 1; echo"));
    const { failure } = await outcomeOf(smoke("--json"));
    expect(failure).toMatchObject({ step: "done", what: expect.stringContaining('ended as "failure"'), next: expect.stringContaining("/actions/runs/") });
  });
});

describe("what is wrong beforehand is said before anything is started", () => {
  beforeEach(() => deploy({ webhooks: true }));
  afterEach(() => expect(baton.github.jobs()).toEqual([]));

  const refused = async (message: RegExp, ...args: string[]) => {
    const command = smoke(...args);
    expect(await command.ended).toBe(1);
    expect(command.errors()).toMatch(message);
  };

  it("no App is set up", async () => {
    account.secrets.clear();
    await refused(/No GitHub App is set up[\s\S]*npm run setup -- --stack Baton/);
  });

  it("the App's webhook leads elsewhere", async () => {
    baton.github.setWebhook("https://other.example/");
    await refused(/webhook leads to https:\/\/other\.example\/, not to this stack/);
  });

  it("the App is not installed there", async () => {
    await refused(/not installed on acme\/elsewhere/, "--repo", "elsewhere");
  });

  it("the workflow is not in the repository", async () => {
    await refused(/has no workflow other\.yml on its default branch main[\s\S]*git push/, "--workflow", "other.yml");
  });

  it("no profile takes such a job", async () => {
    await refused(/No profile takes runs-on: \[self-hosted, huge\]. The stack has small, large/, "--profile", "huge");
  });

  it("the repository is public", async () => {
    baton.github.addOrganization({ login: "open", repositories: [{ name: "source", visibility: "public" }] });
    await refused(/open\/source is public/, "--org", "open", "--repo", "source");
  });

  it("the App lacks a permission there", async () => {
    baton.github.addOrganization({ login: "strict", repositories: [{ name: "source", visibility: "private" }], permissions: { actions: "read", metadata: "read" } });
    await refused(/lacks permission on strict: organization_self_hosted_runners: write/, "--org", "strict", "--repo", "source");
  });

  it("the runner image is not built yet", async () => {
    account.on("DescribeImages", () => {
      throw new AwsRefusal("ImageNotFoundException", "The image with imageId {imageTag:'latest'} does not exist");
    });
    account.outputs["ImageBuildProjectName"] = "Baton-Image";
    await refused(/has no image tagged latest yet.*list-build-batches-for-project --project-name Baton-Image/);
  });

  it("there is no token to start it with", async () => {
    token = "";
    await refused(/takes a token of yours[\s\S]*gh auth login[\s\S]*--run RUN_ID_OR_URL/);
  });

  it("the token may not start it", async () => {
    token = "ghp_unknown";
    await refused(/GitHub does not know the token \(401\)/);
  });

  it("the workflow there is an older one without its inputs", async () => {
    baton.github.addWorkflowFile("acme/shop", ".github/workflows/first-workflow.yml", firstWorkflow.replace(/inputs:[\s\S]*?by hand\n/, "").replaceAll(/\$\{\{.*?\}\}/g, "small"));
    await refused(/cannot be started like that[\s\S]*docs\/first-workflow\.yml/);
  });

  it("the stack was deployed by another version", async () => {
    delete account.functionEnvironment["JOBS_TABLE"];
    await refused(/deployed by another version of Baton[\s\S]*JOBS_TABLE: is missing/);
  });
});
