import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { CAUSES, diagnoseJob } from "../../../app/core/diagnosis/diagnose-job.ts";
import { TOPICS } from "../../../app/core/diagnosis/cause.ts";
import type { RunFacts } from "../../../app/core/facts-at-github.ts";
import { waitAgain } from "../../../app/core/job-record.ts";
import { ADDRESS_CAUSES } from "../../../app/explain-job.ts";
import { aJobRecord } from "../../support/a-job-record.ts";
import { TEST_NOW } from "../../support/a-workflow-job-event.ts";
import { aJobAtGithub, someEvidence } from "../../support/job-evidence.ts";

const seen = <T>(value: T) => ({ kind: "seen", value }) as const;
const ALL = [...new Set([...ADDRESS_CAUSES, ...CAUSES.map(({ id }) => id)])];

describe("the list of causes", () => {
  it("is the one of docs/doctor.md, in its order", () => {
    const rows = [...readFileSync("docs/doctor.md", "utf8").matchAll(/^\| `([a-z0-9-]+)` \| ([^|]+) \| ([^|]+) \|$/gm)];
    expect(rows.map(([, id]) => id)).toEqual(ALL);
  });

  it("holds nothing that no test brings about", () => {
    const files = readdirSync("test/diagnosis").map((file) => readFileSync(`test/diagnosis/${file}`, "utf8"));
    const tests = [...files, readFileSync("test/core/diagnosis/diagnose-job.test.ts", "utf8")].join("\n");
    expect(ALL.filter((id) => !tests.includes(`"${id}"`))).toEqual([]);
  });
});

describe("a diagnosis", () => {
  it("has one finding for each topic, in order", () => {
    expect(diagnoseJob(someEvidence(), TEST_NOW).findings.map(({ topic }) => topic)).toEqual(TOPICS);
  });

  it("names the first thing that is wrong on the way, and shows the others among its findings", () => {
    const evidence = someEvidence({
      hook: seen({ url: "https://elsewhere.example/", active: true }),
      job: seen(aJobAtGithub({ labels: ["self-hosted", "gpu"] })),
    });
    const diagnosis = diagnoseJob(evidence, TEST_NOW);
    expect(diagnosis.cause).toBe("hook-elsewhere");
    expect(diagnosis.findings.filter(({ standing }) => standing === "wrong").map(({ topic }) => topic)).toContain("hook");
    expect(diagnosis.findings.find(({ topic }) => topic === "labels")?.text).toContain("no-matching-profile");
  });

  it("tells what nobody may look at from what failed and from what was not looked at", () => {
    const { findings } = diagnoseJob(someEvidence({ runners: { kind: "not-permitted", needs: "administration: read" }, tasks: { kind: "failed", message: "no answer" } }), TEST_NOW);
    const standing = (topic: string) => findings.find((finding) => finding.topic === topic);
    expect(standing("runner")).toMatchObject({ standing: "not-permitted", text: "Not permitted to look: it needs administration: read." });
    expect(standing("task")).toMatchObject({ standing: "not-looked", text: "Could not look: no answer" });
    expect(standing("image")).toMatchObject({ standing: "not-looked", text: "Not looked at." });
  });

  it("knows the job by its record where GitHub cannot be asked", () => {
    const record = aJobRecord({ jobId: "8123456789", jobName: "build" });
    expect(diagnoseJob(someEvidence({ job: { kind: "failed", message: "502" }, record: seen(record) }), TEST_NOW).job).toMatchObject({ id: "8123456789", name: "build", repository: "acme/shop" });
  });
});

describe("what cannot be brought about in the simulator", () => {
  const aRun = (changes: Partial<RunFacts>): RunFacts => ({ id: "1", name: "ci", status: "queued", conclusion: null, event: "pull_request", createdAt: TEST_NOW, htmlUrl: "https://github.com/acme/shop/actions/runs/1", jobs: [], ...changes });

  it("status-unheard-of", () => {
    expect(diagnoseJob(someEvidence({ job: seen(aJobAtGithub({ status: "hibernating" })) }), TEST_NOW)).toMatchObject({ cause: "status-unheard-of", verdict: "unknown", summary: expect.stringContaining('"hibernating"') });
  });

  it("waits-for-another-reason", () => {
    const record = waitAgain(aJobRecord(), { reason: "of-a-later-version", now: TEST_NOW });
    expect(diagnoseJob(someEvidence({ record: seen(record) }), TEST_NOW)).toMatchObject({ cause: "waits-for-another-reason", verdict: "waiting", because: expect.arrayContaining([expect.stringContaining("of-a-later-version")]) });
  });

  it("run-without-jobs: a first contributor's pull request awaits approval", () => {
    const run = seen(aRun({ status: "completed", conclusion: "action_required" }));
    expect(diagnoseJob(someEvidence({ job: null, run }), TEST_NOW)).toMatchObject({ cause: "run-without-jobs", verdict: "waiting", summary: expect.stringContaining("approves") });
  });

  it("run-without-jobs: the workflow file is not valid", () => {
    const run = seen(aRun({ status: "completed", conclusion: "failure" }));
    expect(diagnoseJob(someEvidence({ job: null, run }), TEST_NOW)).toMatchObject({ cause: "run-without-jobs", verdict: "wrong" });
  });

  it("quota-used-up, with when it is renewed", () => {
    const quota = seen({ limit: 5_000, remaining: 0, resetsAt: TEST_NOW + 25 * 60_000 });
    expect(diagnoseJob(someEvidence({ quota }), TEST_NOW)).toMatchObject({ cause: "quota-used-up", because: ["0 of 5000 requests are left; they are renewed in 25 min."] });
  });

  it("only-generic-labels, with no profile that takes them", () => {
    const { profiles, targets } = someEvidence().profiles;
    const evidence = someEvidence({ job: seen(aJobAtGithub({ labels: ["self-hosted"] })), record: seen(aJobRecord({ state: "ignored", reason: "only-generic-labels" })), profiles: { targets, profiles: profiles.map((profile) => ({ ...profile, default: false })) } });
    expect(diagnoseJob(evidence, TEST_NOW)).toMatchObject({ cause: "only-generic-labels", summary: expect.stringContaining("no profile is marked as the default") });
  });

  it("a private runner group keeps public repositories out", () => {
    const group = seen({ id: "1", name: "Default", visibility: "private" as const, allowsPublicRepositories: true, restrictedToWorkflows: false, repositories: null });
    const { profiles, targets } = someEvidence().profiles;
    const evidence = someEvidence({ group, profiles: { targets, profiles: profiles.map((profile) => ({ ...profile, publicRepositories: true })) }, repository: seen({ id: "3", owner: "acme", name: "shop", visibility: "public", defaultBranch: "main" }), record: seen(waitAgain(aJobRecord(), { reason: "task-idle", now: TEST_NOW })) });
    expect(diagnoseJob(evidence, TEST_NOW)).toMatchObject({ cause: "group-not-visible", because: ["It is open to private repositories only."] });
  });
});
