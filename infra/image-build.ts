import { Duration } from "aws-cdk-lib";
import { ComputeType, LinuxBuildImage, Project, type CfnProject } from "aws-cdk-lib/aws-codebuild";
import type { IRepository } from "aws-cdk-lib/aws-ecr";
import { Effect, PolicyStatement, Role, ServicePrincipal, type IGrantable } from "aws-cdk-lib/aws-iam";
import type { LogGroup } from "aws-cdk-lib/aws-logs";
import { Construct } from "constructs";
import { acknowledge, acknowledgeWildcard } from "./acknowledge.ts";
import type { ImageSource } from "./image-source.ts";
import { createLogGroup } from "./log-group.ts";

export interface ImageBuildProps {
  readonly source: ImageSource;
  readonly repository: IRepository;
  /** `null` builds the newest release. */
  readonly runnerVersion: string | null;
  readonly logRetentionDays: number;
}

/**
 * Builds the runner image: a batch of one build for each architecture on its own kind of machine, and one that makes them one image
 * (runner-image/buildspec.yml). Nothing here starts a build; the release watch does, after each deployment too, so that no deployment waits for one.
 */
export class ImageBuild extends Construct {
  readonly project: Project;
  readonly logGroup: LogGroup;

  constructor(scope: Construct, id: string, props: ImageBuildProps) {
    super(scope, id);
    const { repository, source } = props;
    this.logGroup = createLogGroup(this, "Logs", props.logRetentionDays);
    const role = new Role(this, "Role", { assumedBy: new ServicePrincipal("codebuild.amazonaws.com"), description: "Baton: builds of the runner image" });
    this.project = new Project(this, "Project", {
      // CDK would add rights to log elsewhere, and to read all of a bucket.
      role: role.withoutPolicyUpdates(),
      description: "Baton: builds the runner image; start it as a batch",
      source: source.buildSource,
      environment: {
        // The buildspec names an image for each architecture; this is the batch's own.
        buildImage: LinuxBuildImage.AMAZON_LINUX_2023_6,
        computeType: ComputeType.SMALL,
        // Docker builds in Docker. What is built is the operator's own source, on a machine that is gone afterwards.
        privileged: true,
      },
      environmentVariables: {
        REPOSITORY_URI: { value: repository.repositoryUri },
        ...(props.runnerVersion !== null && { RUNNER_VERSION: { value: props.runnerVersion } }),
      },
      // A build takes about five minutes.
      timeout: Duration.minutes(30),
      queuedTimeout: Duration.minutes(60),
      logging: { cloudWatch: { logGroup: this.logGroup } },
      grantReportGroupPermissions: false,
    });
    this.project.enableBatchBuilds();
    // CDK has no property for it. Without an end a batch could be running for eight hours, and nothing else is built beside it.
    (this.project.node.defaultChild as CfnProject).addPropertyOverride("BuildBatchConfig.TimeoutInMins", 90);

    source.grantRead(role);
    const allow = (actions: string[], resource: string) => role.addToPolicy(new PolicyStatement({ effect: Effect.ALLOW, actions, resources: [resource] }));
    allow(["logs:CreateLogStream", "logs:PutLogEvents"], this.logGroup.logGroupArn);
    // AWS offers no resource for a registry login (service authorization reference: Amazon ECR).
    allow(["ecr:GetAuthorizationToken"], "*");
    allow(
      [
        "ecr:BatchCheckLayerAvailability",
        "ecr:BatchGetImage",
        "ecr:CompleteLayerUpload",
        "ecr:DescribeImages",
        "ecr:InitiateLayerUpload",
        "ecr:PutImage",
        "ecr:UploadLayerPart",
      ],
      repository.repositoryArn,
    );
    // To find out which batch it is of.
    allow(["codebuild:BatchGetBuilds"], this.project.projectArn);
    acknowledgeWildcard(role, "*", "AWS has no resource for ecr:GetAuthorizationToken; what is pushed is limited to the one repository");
    acknowledge(this.project, {
      "AwsSolutions::AwsSolutions-CB4": "The key is for build artifacts, of which there are none: the image goes to ECR",
      "cdk-validator-cfnguard::codebuild_project_environment_privileged_check": "Docker builds in CodeBuild need it; the source is the operator's own, and the machine is gone afterwards",
    });
  }

  /** To see its builds and start one. */
  grantBuilding(grantee: IGrantable): void {
    grantee.grantPrincipal.addToPrincipalPolicy(
      new PolicyStatement({
        effect: Effect.ALLOW,
        actions: ["codebuild:BatchGetBuildBatches", "codebuild:ListBuildBatchesForProject", "codebuild:StartBuildBatch"],
        resources: [this.project.projectArn],
      }),
    );
  }
}
