import type { JobEvidence } from "../../app/core/diagnosis/job-evidence.ts";
import type { InstallationFacts, JobFacts } from "../../app/core/facts-at-github.ts";
import { TEST_NOW } from "./a-workflow-job-event.ts";
import { aPolicy } from "./test-profiles.ts";

const MINUTE = 60_000;

export function aJobAtGithub(changes: Partial<JobFacts> = {}): JobFacts {
  return {
    id: "8123456789",
    runId: "7123456789",
    runAttempt: 1,
    name: "build",
    workflowName: "ci",
    status: "queued",
    conclusion: null,
    labels: ["self-hosted", "linux", "x64", "small"],
    runnerName: null,
    runnerGroupName: null,
    createdAt: TEST_NOW - 5 * MINUTE,
    startedAt: null,
    completedAt: null,
    htmlUrl: "https://github.com/acme/shop/actions/runs/7123456789/job/8123456789",
    steps: [],
    ...changes,
  };
}

const installation: InstallationFacts = {
  id: "1",
  account: { login: "acme", id: "2", kind: "organization" },
  repositorySelection: "all",
  suspendedAt: null,
  permissions: { actions: "read", organization_self_hosted_runners: "write" },
  events: ["workflow_job"],
  htmlUrl: "https://github.com/organizations/acme/settings/installations/1",
};

/** Of a job that is queued at GitHub, with nothing wrong and nothing on record; at `TEST_NOW`. */
export function someEvidence(changes: Partial<JobEvidence> = {}): JobEvidence {
  return {
    address: { owner: "acme", name: "shop", runId: "7123456789", jobId: "8123456789", attempt: null },
    webOrigin: "https://github.com",
    profiles: aPolicy(),
    runnerNamePrefix: "baton",
    hookUrl: "https://hook.example/",
    app: { kind: "seen", value: { id: "7", name: "Baton", slug: "baton", htmlUrl: "https://github.com/apps/baton", permissions: {}, events: [] } },
    installation: { kind: "seen", value: installation },
    repository: { kind: "seen", value: { id: "3", owner: "acme", name: "shop", visibility: "private", defaultBranch: "main" } },
    quota: { kind: "seen", value: { limit: 5_000, remaining: 4_000, resetsAt: TEST_NOW + 10 * MINUTE } },
    run: null,
    job: { kind: "seen", value: aJobAtGithub() },
    runners: { kind: "seen", value: [] },
    group: { kind: "seen", value: { id: "1", name: "Default", visibility: "all", allowsPublicRepositories: false, restrictedToWorkflows: false, repositories: null } },
    hook: { kind: "seen", value: { url: "https://hook.example/", active: true } },
    deliveries: { kind: "seen", value: { attempts: [], certain: true, complete: true } },
    record: { kind: "seen", value: null },
    tasks: { kind: "seen", value: [] },
    image: null,
    lastRoundAt: { kind: "seen", value: TEST_NOW - 10_000 },
    ...changes,
  };
}
