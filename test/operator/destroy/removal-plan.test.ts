import { describe, expect, it } from "vitest";
import { removalPlan } from "../../../app/operator/destroy/removal-plan.ts";
import { TYPES, type StackContents, type StackResource } from "../../../app/operator/destroy/stack-contents.ts";

function aResource(type: string, physicalId: string, changes: Partial<StackResource> = {}): StackResource {
  return { logicalId: `The${physicalId}`, type, physicalId, status: "CREATE_COMPLETE", retained: false, ...changes };
}

function contentsOf(resources: readonly StackResource[], changes: Partial<StackContents> = {}): StackContents {
  return { name: "Baton", status: "CREATE_COMPLETE", terminationProtection: false, resources, tables: new Map(), images: new Map(), tasks: new Map(), strayLogGroups: [], ...changes };
}

const kinds = (contents: StackContents) => removalPlan(contents).actions.map(({ kind }) => kind);

describe("the removal of a stack", () => {
  it("stops launches, then tasks, then instances, before the stack goes", () => {
    const contents = contentsOf([aResource(TYPES.autoScalingGroup, "asg"), aResource(TYPES.cluster, "cluster"), aResource(TYPES.rule, "BatonBus|launch"), aResource(TYPES.rule, "every-minute")]);
    expect(removalPlan(contents).actions).toEqual([
      { kind: "disable-rule", rule: "launch", bus: "BatonBus" },
      { kind: "disable-rule", rule: "every-minute", bus: null },
      { kind: "stop-tasks", cluster: "cluster" },
      { kind: "empty-group", group: "asg" },
      { kind: "delete-stack" },
    ]);
  });

  it("takes protections off first", () => {
    const contents = contentsOf([aResource(TYPES.table, "jobs")], { terminationProtection: true, tables: new Map([["jobs", { items: 3, protected: true }]]) });
    expect(kinds(contents)).toEqual(["unprotect-stack", "unprotect-table", "delete-stack"]);
  });

  it.each([
    [TYPES.table, "delete-table"],
    [TYPES.imageRepository, "delete-image-repository"],
    [TYPES.sourceRepository, "delete-source-repository"],
    [TYPES.secret, "delete-secret"],
    [TYPES.key, "delete-key"],
    [TYPES.logGroup, "delete-log-group"],
  ])("removes a %s that the stack keeps, after it", (type, kind) => {
    expect(kinds(contentsOf([aResource(type, "it", { retained: true })]))).toEqual(["delete-stack", kind]);
    expect(kinds(contentsOf([aResource(type, "it")]))).toEqual(["delete-stack"]);
  });

  it("names what the stack keeps and this cannot remove", () => {
    const { leaves } = removalPlan(contentsOf([aResource("AWS::S3::Bucket", "files", { retained: true })]));
    expect(leaves).toEqual(["AWS::S3::Bucket files, which the stack keeps"]);
  });

  it("removes logs that services wrote beside the stack", () => {
    expect(removalPlan(contentsOf([], { strayLogGroups: ["/aws/codebuild/image"] })).actions.at(-1)).toEqual({ kind: "delete-log-group", logGroup: "/aws/codebuild/image" });
  });

  it("leaves alone what was never made and what is gone", () => {
    const contents = contentsOf([aResource(TYPES.cluster, ""), aResource(TYPES.rule, "gone", { status: "DELETE_COMPLETE" })], { status: "DELETE_FAILED" });
    expect(kinds(contents)).toEqual(["delete-stack"]);
  });

  it("goes on with what a deleted stack has kept", () => {
    const contents = contentsOf([aResource(TYPES.table, "jobs", { retained: true, status: "DELETE_SKIPPED" }), aResource(TYPES.cluster, "c", { status: "DELETE_COMPLETE" })], {
      status: "DELETE_COMPLETE",
      terminationProtection: true,
      tables: new Map([["jobs", { items: 0, protected: true }]]),
    });
    expect(kinds(contents)).toEqual(["unprotect-table", "delete-table"]);
    expect(removalPlan(contents).removes.join()).not.toContain("the stack itself");
  });
});

describe("what a person reads before saying yes", () => {
  it("counts what would be lost", () => {
    const { removes } = removalPlan(
      contentsOf(
        [aResource(TYPES.cluster, "c"), aResource(TYPES.table, "jobs", { retained: true }), aResource(TYPES.imageRepository, "img"), aResource(TYPES.sourceRepository, "src"), aResource(TYPES.secret, "app"), aResource(TYPES.key, "k"), aResource(TYPES.logGroup, "/log")],
        { tables: new Map([["jobs", { items: 1234, protected: true }]]), images: new Map([["img", 1]]), tasks: new Map([["c", 2]]), strayLogGroups: ["/aws/lambda/f"] },
      ),
    );
    expect(removes).toEqual([
      "2 running tasks on c: the jobs in them fail",
      "the table jobs with 1234 job records; the stack would keep it",
      "the image repository img with 1 image",
      "the CodeCommit repository src with whatever was pushed to it",
      "the secret app",
      "the key k, after its waiting time",
      "2 log groups with their logs: /log, /aws/lambda/f",
      "the stack itself with all its 7 resources",
    ]);
  });

  it("says when it could not count", () => {
    expect(removalPlan(contentsOf([aResource(TYPES.cluster, "c")], { tasks: new Map([["c", null]]) })).removes[0]).toBe("an unknown number of running tasks on c: the jobs in them fail");
  });
});
