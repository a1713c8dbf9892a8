import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { explainJob } from "../../app/explain-job.ts";
import { explain, explainWorldOf } from "../support/a-diagnosis.ts";
import { aLocalBaton, eventually, type LocalBaton } from "../support/a-local-baton.ts";

const profiles = [{ name: "privileged", labels: ["self-hosted", "privileged"], target: "ec2-x64" }];

let baton: LocalBaton;
beforeAll(async () => {
  baton = await aLocalBaton({ profiles });
}, 60_000);
afterAll(() => baton.close());

function queue(jobs: readonly { readonly name: string; readonly runsOn: readonly string[]; readonly inContainers?: boolean; readonly run?: string }[]) {
  return baton.github.queueWorkflow({ repository: "acme/shop", name: "ci", jobs: jobs.map(({ run = "true", ...job }) => ({ ...job, steps: [{ run }] })) });
}

const over = (jobId: string, changes = {}) => eventually("its end", () => explain(baton, jobId, { profiles, ...changes }), ({ findings }) => findings.some(({ topic, text }) => topic === "job-at-github" && text.startsWith("completed")), 45_000, 300);

describe("jobs that real entrypoints run", { timeout: 90_000 }, () => {
  it("services-on-fargate: the job wants containers, and Fargate has no Docker", async () => {
    const { jobIds } = queue([{ name: "integration", runsOn: ["self-hosted", "small"], inContainers: true }]);
    expect(await over(jobIds[0] ?? "")).toMatchObject({
      cause: "services-on-fargate",
      verdict: "wrong",
      because: ['Its step "Initialize containers" failed.', 'It ran by the profile "small" on the target "fargate-x64", which is fargate.'],
      advice: [expect.stringContaining("runs-on: ubuntu-latest"), expect.anything()],
    });
  });

  it("containers-failed: on EC2 there is no Docker either", async () => {
    const { jobIds } = queue([{ name: "integration", runsOn: ["self-hosted", "privileged"], inContainers: true }]);
    expect(await over(jobIds[0] ?? "")).toMatchObject({ cause: "containers-failed", verdict: "wrong", because: [expect.stringContaining("ec2-x64")] });
  });

  it("ended, and of a run the job that matters is told of: one that waits before one that is over", async () => {
    const { runId, jobIds } = queue([
      { name: "quick", runsOn: ["self-hosted", "small"] },
      { name: "stuck", runsOn: ["self-hosted", "gpu"] },
      { name: "hosted", runsOn: ["ubuntu-latest"] },
    ]);
    expect(await over(jobIds[0] ?? "")).toMatchObject({ cause: "ended", verdict: "ok", advice: [] });
    const world = explainWorldOf(baton, { profiles });
    expect(await explainJob(world, `${baton.github.origin}/acme/shop/actions/runs/${runId}/attempts/1`)).toMatchObject({ cause: "no-matching-profile", job: { name: "stuck", id: jobIds[1] } });
  });

  it("tells nothing of another repository's job by its number", async () => {
    const { jobIds } = queue([{ name: "secret plans", runsOn: ["self-hosted", "gpu"] }]);
    await eventually("its record", () => baton.plane.store.get(jobIds[0] ?? ""), (record) => record !== null);
    baton.github.setWebhook(null);
    baton.github.addOrganization({ login: "others", repositories: [{ name: "shop", visibility: "private" }] });
    baton.github.setWebhook(baton.plane.webhookUrl);
    const url = `${baton.github.origin}/others/shop/actions/runs/1/job/${jobIds[0]}`;
    const diagnosis = await explainJob(explainWorldOf(baton, { profiles }), url);
    expect(diagnosis).toMatchObject({ cause: "job-unknown", because: ["GitHub answers 404."], job: { name: "" } });
    expect(JSON.stringify(diagnosis)).not.toContain("secret plans");
  });
});
