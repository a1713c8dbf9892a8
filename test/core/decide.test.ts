import { describe, expect, it } from "vitest";
import { decide } from "../../app/core/decide.ts";
import { aWorkflowJobEvent, TEST_NOW, type WorkflowJobOptions } from "../support/a-workflow-job-event.ts";
import { aPolicy } from "../support/test-profiles.ts";

const HOUR = 3_600_000;
const queued = (options: WorkflowJobOptions = {}, policy = aPolicy()) => decide(aWorkflowJobEvent("queued", options), policy, TEST_NOW);

describe("a queued job", () => {
  it("is launched on the profile its labels name, whatever their case and order", () => {
    expect(queued({ labels: ["LARGE", "Self-Hosted"] })).toMatchObject({
      kind: "launch",
      profile: { name: "large" },
      target: { name: "fargate-x64" },
      scope: { kind: "organization", organization: "acme" },
    });
  });

  it("goes to the default profile when it names only generic labels", () => {
    expect(queued({ labels: ["self-hosted", "linux"] })).toMatchObject({ kind: "launch", profile: { name: "small" } });
  });

  it("is left to other fleets when it names only generic labels and no profile is the default", () => {
    expect(queued({ labels: ["self-hosted"] }, aPolicy({ name: "small", default: false }))).toEqual({ kind: "ignore", reason: "only-generic-labels" });
  });

  it.each([
    ["GitHub-hosted runners", ["ubuntu-latest"], "no-matching-profile"],
    ["a label no profile has", ["self-hosted", "gpu"], "no-matching-profile"],
    ["a runner group alone, which comes without labels", [], "no-labels"],
  ])("is ignored when it asks for %s", (_, labels, reason) => {
    expect(queued({ labels })).toEqual({ kind: "ignore", reason });
  });

  it("takes the first profile that covers its labels", () => {
    const policy = aPolicy({ name: "huge", labels: ["self-hosted", "large", "huge"] });
    expect(queued({ labels: ["large"] }, policy)).toMatchObject({ profile: { name: "large" } });
    expect(queued({ labels: ["large", "huge"] }, policy)).toMatchObject({ profile: { name: "huge" } });
  });

  it("of a public repository is ignored unless the profile allows it, since a fork could run anything", () => {
    expect(queued({ visibility: "public" })).toEqual({ kind: "ignore", reason: "public-repository" });
    expect(queued({ visibility: "public" }, aPolicy({ name: "small", publicRepositories: true }))).toMatchObject({ kind: "launch" });
    expect(queued({ visibility: "internal" })).toMatchObject({ kind: "launch" });
  });

  it("of a repository that the profile does not name is ignored", () => {
    const only = (...repositories: string[]) => aPolicy({ name: "small", repositories });
    expect(queued({}, only("acme/other"))).toEqual({ kind: "ignore", reason: "repository-not-allowed" });
    expect(queued({}, only("ACME/Shop"))).toMatchObject({ kind: "launch" });
    expect(queued({}, only("acme/*"))).toMatchObject({ kind: "launch" });
    expect(queued({ organization: "acme-evil" }, only("acme/*"))).toEqual({ kind: "ignore", reason: "repository-not-allowed" });
  });

  it("of a personal account registers at the repository, since only organizations share runners", () => {
    expect(queued({ organization: null })).toMatchObject({ kind: "launch", scope: { kind: "repository", owner: "octocat", repository: "shop" } });
  });

  it("registers at the repository where the profile says so", () => {
    expect(queued({}, aPolicy({ name: "small", scope: "repository" }))).toMatchObject({ scope: { kind: "repository", owner: "acme", repository: "shop" } });
  });

  it("without an installation cannot be served", () => {
    expect(queued({ installationId: null })).toEqual({ kind: "ignore", reason: "no-installation" });
  });

  it("that names another GitHub never sends a runner there", () => {
    expect(queued({ webOrigin: "https://evil.example" })).toEqual({ kind: "ignore", reason: "not-from-this-github" });
  });

  it("that awaits a deployment approval does not launch", () => {
    expect(queued({ status: "waiting" })).toEqual({ kind: "note", status: "waiting" });
  });

  it("older than GitHub's 24 hours may be a replay: GitHub is asked first", () => {
    expect(queued({ createdAt: TEST_NOW - 24 * HOUR - 1 })).toMatchObject({ kind: "wait", reason: "check-at-github", nextTryAt: TEST_NOW });
    expect(queued({ createdAt: TEST_NOW - 24 * HOUR })).toMatchObject({ kind: "launch" });
  });
});

describe("other actions", () => {
  it.each(["in_progress", "completed"] as const)("%s is noted, whatever its labels", (action) => {
    expect(decide(aWorkflowJobEvent(action, { labels: ["ubuntu-latest"] }), aPolicy(), TEST_NOW)).toEqual({ kind: "note", status: action });
  });

  it("waiting is noted for our jobs and ignored for others", () => {
    expect(decide(aWorkflowJobEvent("waiting"), aPolicy(), TEST_NOW)).toEqual({ kind: "note", status: "waiting" });
    expect(decide(aWorkflowJobEvent("waiting", { labels: ["ubuntu-latest"] }), aPolicy(), TEST_NOW)).toEqual({ kind: "ignore", reason: "no-matching-profile" });
  });
});
