import { describe, expect, it } from "vitest";
import type { AccountFacts } from "../../../app/operator/deploy/account-observation.ts";
import type { Cdk } from "../../../app/operator/deploy/cdk.ts";
import { runDeploy, type DeployRun } from "../../../app/operator/deploy/run-deploy.ts";
import { anAccount, deployWishes } from "../../support/operator/an-account-observation.ts";
import { aTerminal, type RecordingTerminal } from "../../support/operator/a-terminal.ts";

const missing = { known: true, value: null } as const;
const no = { known: true, value: false } as const;

function aDeployment(facts: Partial<AccountFacts>, changes: Partial<DeployRun> = {}, terminal: RecordingTerminal = aTerminal()) {
  const done: string[] = [];
  const now: Partial<AccountFacts> = { ...facts };
  const cdk: Cdk = {
    build: async () => void done.push("build"),
    synth: async (context) => void done.push(`synth ${JSON.stringify(context)}`),
    async bootstrap(account, region) {
      done.push(`bootstrap ${account}/${region}`);
      Object.assign(now, { bootstrap: { known: true, value: 28 } });
    },
    async deploy(stackName, { askFirst }) {
      done.push(`deploy ${stackName}${askFirst ? ", asking" : ""}`);
      return { WebhookUrl: "https://hook", NextStep: "npm run setup -- --stack Baton" };
    },
  };
  const run = runDeploy({
    wishes: deployWishes(),
    context: { imageSource: "s3" },
    observe: async () => anAccount(now),
    cdk,
    async createServiceLinkedRole(service) {
      done.push(`role ${service}`);
      Object.assign(now, { ecsRole: { known: true, value: true } });
    },
    terminal,
    checkOnly: false,
    prepare: false,
    yes: true,
    force: false,
    ...changes,
  });
  return { run, done, terminal };
}

describe("a deployment", () => {
  it("builds, synthesizes with the settings, deploys, and says what is next", async () => {
    const { run, done, terminal } = aDeployment({});
    expect(await run).toMatchObject({ ok: true, findings: [], outputs: { WebhookUrl: "https://hook" } });
    expect(done).toEqual(["build", 'synth {"imageSource":"s3"}', "deploy Baton"]);
    expect(terminal.text()).toMatch(/WebhookUrl {2}https:\/\/hook\n\nNext: npm run setup -- --stack Baton$/);
  });

  it("changes nothing with --check", async () => {
    const { run, done } = aDeployment({ ecsRole: no }, { checkOnly: true });
    expect(await run).toMatchObject({ ok: false, outputs: null });
    expect(done).toEqual([]);
  });

  it("changes nothing when something stops it, not even what --yes might mean", async () => {
    const { run, done, terminal } = aDeployment({ bootstrap: missing });
    expect(await run).toMatchObject({ ok: false });
    expect(done).toEqual([]);
    expect(terminal.text()).toMatch(/stop .*CDK is not bootstrapped[\s\S]*Nothing was changed/);
  });

  it("prepares the account with --bootstrap, looks again and goes on", async () => {
    const { run, done } = aDeployment({ bootstrap: missing, ecsRole: no }, { prepare: true });
    expect(await run).toMatchObject({ ok: true, findings: [] });
    expect(done.slice(0, 2)).toEqual(["bootstrap 111122223333/eu-west-1", "role ecs.amazonaws.com"]);
    expect(done.at(-1)).toBe("deploy Baton");
  });

  it("asks on a terminal whether to prepare it", async () => {
    const yes = aDeployment({ bootstrap: missing }, { yes: false }, aTerminal("y"));
    expect(await yes.run).toMatchObject({ ok: true });
    expect(yes.terminal.questions).toEqual(["\nDo that now: bootstrap CDK in 111122223333/eu-west-1? [y/N] "]);
    expect(yes.done.at(-1)).toBe("deploy Baton, asking");

    const refused = aDeployment({ bootstrap: missing }, { yes: false }, aTerminal(""));
    expect(await refused.run).toMatchObject({ ok: false });
    expect(refused.done).toEqual([]);
  });

  it("goes on in spite of a stop with --force", async () => {
    const { run, done } = aDeployment({ bootstrap: missing }, { force: true });
    expect(await run).toMatchObject({ ok: true });
    expect(done).toHaveLength(3);
  });

  it("does not deploy unasked in a pipe", async () => {
    const { run, done } = aDeployment({}, { yes: false });
    await expect(run).rejects.toThrow(/add --yes/);
    expect(done).toEqual([]);
  });

  it("tells stops before warnings before notes", async () => {
    const { run, terminal } = aDeployment({ codeCommit: { known: true, value: 0 }, bootstrap: missing, stack: { known: true, value: "ROLLBACK_COMPLETE" } });
    await run;
    expect([...terminal.text().matchAll(/^(stop|warning|note) /gm)].map(([, severity]) => severity)).toEqual(["stop", "warning", "note"]);
  });
});
