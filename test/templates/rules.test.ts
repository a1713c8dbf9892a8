import { CfnGuardValidator } from "@cdklabs/cdk-validator-cfnguard";
import type { App, IPolicyValidationPlugin } from "aws-cdk-lib";
import { Bucket } from "aws-cdk-lib/aws-s3";
import { CfnQueue } from "aws-cdk-lib/aws-sqs";
import { AwsSolutionsChecks, ServerlessChecks } from "cdk-nag";
import type { IConstruct } from "constructs";
import { describe, expect, it } from "vitest";
import { profileSets } from "./profile-sets.ts";
import { findingsOf } from "./synthesize-with.ts";

/** What differs in resources, not only in values. */
const DEPLOYMENTS: readonly (readonly [string, keyof typeof profileSets, Readonly<Record<string, string>>])[] = [
  ["as it comes", "deployed", {}],
  [
    "with everything on, in a given private network",
    "all",
    {
      imageSource: "s3",
      vpcId: "vpc-0123456789abcdef0",
      subnetIds: "subnet-0000000a,subnet-0000000b",
      availabilityZones: "eu-west-1a,eu-west-1b",
      subnetsArePublic: "false",
      archiveDays: "30",
      protectJobsTable: "true",
      reservedConcurrency: "20",
      alarmEmail: "ops@example.com",
    },
  ],
  ["on EC2 of both architectures, in its own network", "ec2", { containerInsights: "disabled", alarmTopicArn: "arn:aws:sns:eu-west-1:123456789012:alarms" }],
];

const nag = (app: App): IPolicyValidationPlugin[] => [new AwsSolutionsChecks(app), new ServerlessChecks(app)];
const guard = (): IPolicyValidationPlugin[] => [new CfnGuardValidator() as unknown as IPolicyValidationPlugin];

describe.each(DEPLOYMENTS)("a deployment %s", (_, profiles, settings) => {
  it("leaves no finding of cdk-nag unexplained", () => {
    expect(findingsOf(profileSets[profiles], settings, nag)).toEqual([]);
  });

  it("leaves no finding of cfn-guard unexplained", () => {
    expect(findingsOf(profileSets[profiles], settings, guard)).toEqual([]);
  });
});

/** The same stack with a resource more that nobody has explained, or that CloudFormation would refuse. */
const spoilt = (spoil: (scope: IConstruct) => IConstruct, checkers: typeof nag) => (app: App) => (spoil(app.node.children[0] ?? app) ? checkers(app) : []);

it("would show what is not explained", () => {
  const bucket = (scope: IConstruct) => new Bucket(scope, "Unexplained");
  expect(findingsOf(profileSets.deployed, {}, spoilt(bucket, nag))).toContainEqual(expect.stringMatching(/^AwsSolutions-S1 at .*Unexplained/));
  expect(findingsOf(profileSets.deployed, {}, spoilt(bucket, guard))).toContainEqual(expect.stringMatching(/^s3_\w+ at .*Unexplained/));
});

it("would show what CloudFormation refuses, by CDK's own validation", () => {
  const queue = (scope: IConstruct) => new CfnQueue(scope, "Refused", { visibilityTimeout: 50_000 });
  expect(findingsOf(profileSets.deployed, {}, spoilt(queue, () => []))).toContainEqual(expect.stringMatching(/ at .*Refused/));
});
