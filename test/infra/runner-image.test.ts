import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { readReleaseWatchConfig } from "../../app/config.ts";
import { readStackSettings } from "../../infra/stack-settings.ts";
import { actionsOf, aTemplate, SPOT_ARM64, withTargets, type SynthesizedTemplate } from "./a-template.ts";

let stack: SynthesizedTemplate;
let onS3: SynthesizedTemplate;
beforeAll(() => {
  stack = aTemplate();
  onS3 = aTemplate({ imageSource: "s3", runnerVersion: "2.335.1" });
});

const may = ({ one, statementsOf }: SynthesizedTemplate, role: string) => statementsOf(one("AWS::IAM::Role", role).id).flatMap(actionsOf).sort();
const at = (idBegins: string) => ({ "Fn::GetAtt": [expect.stringMatching(new RegExp(`^${idBegins}`)), "Arn"] });

interface LifecycleRule {
  readonly rulePriority: number;
  readonly selection: { readonly tagStatus: string; readonly tagPatternList?: readonly string[]; readonly countType: string; readonly countNumber: number };
}

describe("the image's repository", () => {
  const rules = ({ one }: SynthesizedTemplate) => {
    const { LifecyclePolicyText: text } = one("AWS::ECR::Repository", "RunnerImage").Properties["LifecyclePolicy"] as { LifecyclePolicyText: string };
    return (JSON.parse(text) as { rules: LifecycleRule[] }).rules.toSorted((a, b) => a.rulePriority - b.rulePriority);
  };
  /** As ECR does it: the first rule whose pattern one of the image's tags fits has it. */
  const ruleFor = (...tags: string[]) => ruleIn(stack, ...tags);
  const ruleIn = (template: SynthesizedTemplate, ...tags: string[]) => {
    const fits = (pattern: string) => tags.some((tag) => new RegExp(`^${pattern.replaceAll(".", "\\.").replaceAll("*", ".*")}$`).test(tag));
    return rules(template).find(({ selection }) => (selection.tagStatus === "untagged" ? tags.length === 0 : selection.tagPatternList?.every(fits)))?.selection;
  };

  it("lets only latest move", () => {
    expect(stack.one("AWS::ECR::Repository", "RunnerImage").Properties).toMatchObject({
      ImageTagMutability: "IMMUTABLE_WITH_EXCLUSION",
      ImageTagMutabilityExclusionFilters: [{ ImageTagMutabilityExclusionFilterType: "WILDCARD", ImageTagMutabilityExclusionFilterValue: "latest" }],
      EncryptionConfiguration: { EncryptionType: "KMS" },
      ImageScanningConfiguration: { ScanOnPush: true },
    });
    // What the build moves and what tasks run is one tag.
    expect(readFileSync("runner-image/build/publish-image.sh", "utf8")).toMatch(/^tag latest$/m);
    for (const { Properties } of stack.ofType("AWS::ECS::TaskDefinition")) expect(JSON.stringify(Properties["ContainerDefinitions"])).toContain(":latest");
  });

  it("never removes the image in use, however many builds came after it", () => {
    // There is one latest at any time, and an image beyond the first would have to be there for it to go.
    for (const others of [[], ["2.336.0"], ["2.336.0", "2.336.0-build-1f2e3d4c"]]) {
      expect(ruleFor(...others, "latest")).toMatchObject({ tagPatternList: ["latest"], countType: "imageCountMoreThan", countNumber: 1 });
    }
  });

  it("never removes an image that a target names by another tag", () => {
    const tagged = aTemplate({}, withTargets({ ...SPOT_ARM64, imageTag: "2.330.0" }, { ...SPOT_ARM64, name: "other", imageTag: "2.330.0" }));
    expect(ruleIn(tagged, "2.330.0-build-1f2e3d4c", "2.330.0")).toMatchObject({ tagPatternList: ["2.330.0"], countType: "imageCountMoreThan", countNumber: 1 });
    expect(ruleIn(tagged, "2.330.0-build-99999999")).toMatchObject({ countNumber: 10 });
    expect(rules(tagged)).toHaveLength(rules(stack).length + 1);
  });

  it("keeps ten builds to go back to, and parts of no build for a week", () => {
    expect(ruleFor("2.336.0", "2.336.0-build-1f2e3d4c")).toMatchObject({ countType: "imageCountMoreThan", countNumber: 10 });
    expect(ruleFor("2.336.0-build-1f2e3d4c")).toMatchObject({ countType: "imageCountMoreThan", countNumber: 10 });
    for (const part of ["2.336.0-x64-1f2e3d4c", "2.336.0-arm64-1f2e3d4c"]) expect(ruleFor(part)).toMatchObject({ countType: "sinceImagePushed", countNumber: 7 });
    expect(ruleFor()).toMatchObject({ countType: "imageCountMoreThan", countNumber: 3 });
    // One that somebody tagged in a way of their own stays.
    expect(ruleFor("ours")).toBeUndefined();
  });
});

describe("the image's source", () => {
  it("is a CodeCommit repository that begins as runner-image/", () => {
    expect(stack.one("AWS::CodeCommit::Repository", "ImageSource").Properties).toMatchObject({ RepositoryName: "Baton-runner-image", Code: { BranchName: "main", S3: { Key: expect.stringMatching(/\.zip$/) } } });
    expect(stack.one("AWS::CodeBuild::Project", "ImageBuild").Properties).toMatchObject({ Source: { Type: "CODECOMMIT" }, SourceVersion: "main" });
    expect(stack.template.Outputs["ImageSourceUrl"]?.Value).toEqual({ "Fn::GetAtt": [expect.stringMatching(/^ImageSourceRepository/), "CloneUrlHttp"] });
  });

  it("is an archive in S3 by one setting, of which the build may read that one file", () => {
    expect(onS3.ofType("AWS::CodeCommit::Repository")).toEqual([]);
    expect(onS3.one("AWS::CodeBuild::Project", "ImageBuild").Properties).toMatchObject({ Source: { Type: "S3" } });
    expect(JSON.stringify(onS3.template.Outputs["ImageSourceUrl"]?.Value)).toMatch(/s3:\/\/cdk-.*\.zip/);
    const read = onS3.statementsOf(onS3.one("AWS::IAM::Role", "ImageBuildRole").id).filter((statement) => actionsOf(statement).some((action) => action.startsWith("s3:")));
    expect(read).toMatchObject([{ Action: ["s3:GetObject", "s3:GetObjectVersion"] }]);
    expect(JSON.stringify(read[0]?.Resource)).toMatch(/\/[0-9a-f]{64}\.zip"/);
  });
});

describe("the image's build", () => {
  it("is a batch that ends, on machines that may run Docker, told where to push and which version is pinned", () => {
    const { Properties: project } = stack.one("AWS::CodeBuild::Project", "ImageBuild");
    expect(project).toMatchObject({
      BuildBatchConfig: { ServiceRole: at("ImageBuildProjectBatchServiceRole"), TimeoutInMins: 90 },
      Environment: { PrivilegedMode: true, EnvironmentVariables: [{ Name: "REPOSITORY_URI" }] },
      TimeoutInMinutes: 30,
      ServiceRole: at("ImageBuildRole"),
      LogsConfig: { CloudWatchLogs: { Status: "ENABLED", GroupName: { Ref: expect.stringMatching(/^ImageBuildLogs/) } } },
    });
    expect(onS3.one("AWS::CodeBuild::Project", "ImageBuild").Properties).toMatchObject({
      Environment: { EnvironmentVariables: [{ Name: "REPOSITORY_URI" }, { Name: "RUNNER_VERSION", Value: "2.335.1" }] },
    });
  });

  it("may push to its repository, pull its source and log, and cannot start builds", () => {
    expect(may(stack, "ImageBuildRole")).toEqual([
      "codebuild:BatchGetBuilds",
      "codecommit:GitPull",
      "ecr:BatchCheckLayerAvailability",
      "ecr:BatchGetImage",
      "ecr:CompleteLayerUpload",
      "ecr:DescribeImages",
      "ecr:GetAuthorizationToken",
      "ecr:InitiateLayerUpload",
      "ecr:PutImage",
      "ecr:UploadLayerPart",
      "logs:CreateLogStream",
      "logs:PutLogEvents",
    ]);
    const push = stack.statementsOf(stack.one("AWS::IAM::Role", "ImageBuildRole").id).find((statement) => actionsOf(statement).includes("ecr:PutImage"));
    expect(push?.Resource).toEqual(at("RunnerImage"));
    expect(may(stack, "ImageBuildProjectBatchServiceRole")).toEqual(["codebuild:RetryBuild", "codebuild:StartBuild", "codebuild:StopBuild"]);
  });

  it("keeps no deployment waiting: no custom resource starts it", () => {
    for (const { ofType } of [stack, onS3]) expect(ofType("AWS::CloudFormation::CustomResource")).toEqual([]);
    expect(Object.values(stack.template.Resources).filter(({ Type }) => Type.startsWith("Custom::"))).toEqual([]);
  });
});

describe("the release watch", () => {
  const rules = ({ ofType }: SynthesizedTemplate) => ofType("AWS::Events::Rule").filter(({ id }) => id.startsWith("ReleaseWatch"));
  const patternOf = (rule: string) => stack.one("AWS::Events::Rule", `ReleaseWatch${rule}`).Properties["EventPattern"];

  it("has an environment that it takes, for either source, pinned or not", () => {
    const config = ({ one }: SynthesizedTemplate) => {
      const { Variables } = one("AWS::Lambda::Function", "ReleaseWatch").Properties["Environment"] as { Variables: Record<string, unknown> };
      return readReleaseWatchConfig(Object.fromEntries(Object.entries(Variables).map(([name, value]) => [name, typeof value === "string" ? value : `resolved-${name}`])));
    };
    expect(config(stack)).toEqual({
      metricsNamespace: "Baton/Baton",
      jobsTable: "resolved-JOBS_TABLE",
      imageRepository: "resolved-RUNNER_IMAGE_REPOSITORY",
      buildProject: "resolved-IMAGE_BUILD_PROJECT",
      source: { kind: "codecommit", repositoryName: "resolved-IMAGE_SOURCE_REPOSITORY", branchName: "main" },
      pinnedVersion: null,
      releasesApiUrl: "https://api.github.com",
      logLevel: "info",
      awsEndpoints: {},
    });
    expect(config(onS3)).toMatchObject({ source: { kind: "s3", location: "resolved-IMAGE_SOURCE_LOCATION" }, pinnedVersion: "2.335.1" });
  });

  it("compares the archive's place exactly as CodeBuild is told it", () => {
    const { Variables } = onS3.one("AWS::Lambda::Function", "ReleaseWatch").Properties["Environment"] as { Variables: Record<string, unknown> };
    const { Location } = onS3.one("AWS::CodeBuild::Project", "ImageBuild").Properties["Source"] as { Location: unknown };
    const text = (value: unknown) => JSON.stringify(value).replaceAll(/"Fn::(Sub|Join)"|[[\]{}:",]/g, "");
    expect(text(Variables["IMAGE_SOURCE_LOCATION"])).toBe(text(Location));
  });

  it("looks every quarter of an hour, after a deployment of this stack, and after a push", () => {
    expect(rules(stack).map(({ Properties }) => Properties["ScheduleExpression"]).filter(Boolean)).toEqual(["rate(15 minutes)"]);
    expect(patternOf("Deployed")).toEqual({
      source: ["aws.cloudformation"],
      "detail-type": ["CloudFormation Stack Status Change"],
      detail: { "stack-id": [{ Ref: "AWS::StackId" }], "status-details": { status: ["CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"] } },
    });
    expect(patternOf("SourceChanged")).toMatchObject({ source: ["aws.codecommit"], resources: [at("ImageSourceRepository")], detail: { referenceType: ["branch"], referenceName: ["main"] } });
    expect(rules(onS3)).toHaveLength(2);
    for (const { Properties } of rules(stack)) expect(Properties["Targets"]).toMatchObject([{ Arn: at("ReleaseWatchFunction") }]);
  });

  it("may see the image, see and start its builds, and keep one record of the jobs table", () => {
    expect(may(stack, "ReleaseWatchRole")).toEqual([
      "codebuild:BatchGetBuildBatches",
      "codebuild:ListBuildBatchesForProject",
      "codebuild:StartBuildBatch",
      "codecommit:GetBranch",
      "dynamodb:GetItem",
      "dynamodb:PutItem",
      "ecr:DescribeImages",
      "logs:CreateLogStream",
      "logs:PutLogEvents",
    ]);
    const records = stack.statementsOf(stack.one("AWS::IAM::Role", "ReleaseWatchRole").id).find((statement) => actionsOf(statement).includes("dynamodb:PutItem"));
    expect(records?.Condition).toMatchObject({ "ForAllValues:StringEquals": { "dynamodb:LeadingKeys": ["runner-image"] } });
  });

  it("raises alarms on figures that it writes, with runbook entries that are there", () => {
    const runbook = readFileSync("docs/runbook.md", "utf8");
    const alarms = stack.ofType("AWS::CloudWatch::Alarm").filter(({ id }) => id.startsWith("AlarmsImage"));
    expect(alarms.map(({ Properties }) => Properties)).toMatchObject([
      { Namespace: "Baton/Baton", MetricName: "RunnerImageDaysBehind", Statistic: "Maximum", Period: 3_600, Threshold: 14 },
      { Namespace: "Baton/Baton", MetricName: "RunnerImageFruitlessBuilds", Statistic: "Maximum", Period: 3_600, Threshold: 3 },
      { Namespace: "AWS/Lambda", MetricName: "Errors" },
    ]);
    for (const { Properties } of alarms) {
      const entry = /docs\/runbook\.md, "(.*)"/.exec(String(Properties["AlarmDescription"]))?.[1];
      expect(runbook).toContain(`\n## ${entry}\n`);
    }
  });

  it.each(["2.336", "v2.336.0", "newest"])("refuses to pin %s", (runnerVersion) => {
    expect(() => readStackSettings({ runnerVersion })).toThrow(`runnerVersion: use a release of actions/runner such as 2.336.0, or leave it out for the newest; it is "${runnerVersion}"`);
  });
});
