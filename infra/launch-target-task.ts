import { Duration, Stack, Tags } from "aws-cdk-lib";
import type { IRepository } from "aws-cdk-lib/aws-ecr";
import {
  Compatibility,
  ContainerImage,
  CpuArchitecture,
  LogDriver,
  NetworkMode,
  OperatingSystemFamily,
  TaskDefinition,
  type ITaskDefinition,
  type TaskDefinitionProps,
} from "aws-cdk-lib/aws-ecs";
import type { LogGroup } from "aws-cdk-lib/aws-logs";
import { Construct } from "constructs";
import type { LaunchTarget } from "../app/core/runner-profiles.ts";
import { acknowledge } from "./acknowledge.ts";
import { TARGET_TAG } from "./cost-tags.ts";
import type { CredentialKey } from "./credential-key.ts";
import { createLogGroup } from "./log-group.ts";
import { RUNNER_CONTAINER_NAME } from "./runner-container.ts";

export interface LaunchTargetTaskProps {
  readonly target: LaunchTarget;
  readonly repository: IRepository;
  /** Seals the credential that the container opens. */
  readonly credentialKey: CredentialKey;
  readonly githubApiUrl: string;
  /** Whether its jobs may become root. */
  readonly sudo: boolean;
  readonly logRetentionDays: number;
}

/** What cannot be overridden per task: image, architecture, roles, log group. CPU, memory and disk come from the event. */
export class LaunchTargetTask extends Construct {
  readonly taskDefinition: ITaskDefinition;
  readonly logGroup: LogGroup;

  constructor(scope: Construct, id: string, props: LaunchTargetTaskProps) {
    super(scope, id);
    const { target } = props;

    const logGroup = (this.logGroup = createLogGroup(this, "Logs", props.logRetentionDays));
    const taskDefinition = new TaskDefinition(this, "Task", {
      // Only what a task gets whose event names no size, which none of ours does. On EC2 a task-level size also stands in for the
      // container's, which CloudFormation would ask for otherwise and no event could change.
      cpu: "1024",
      memoryMiB: "2048",
      ...placeOf(target),
    });

    // The job never sees this role: the entrypoint opens the seal and drops the way to it before the agent starts. Even so it opens
    // nothing but what was sealed for this target.
    props.credentialKey.grantOpen(taskDefinition.taskRole, target.name);

    taskDefinition.addContainer(RUNNER_CONTAINER_NAME, {
      image: ContainerImage.fromEcrRepository(props.repository, target.imageTag ?? "latest"),
      // RUNNER_SUDO here and not in the overrides, so that no event can give sudo back.
      // Fargate tells a task its region, and the agent on EC2 does not; KMS is called there.
      environment: { GITHUB_API_URL: props.githubApiUrl, AWS_REGION: Stack.of(this).region, ...(!props.sudo && { RUNNER_SUDO: "0" }) },
      logging: LogDriver.awsLogs({ logGroup, streamPrefix: target.name }),
      // The most Fargate allows: on a stop the entrypoint cancels the job and lets the agent report it.
      stopTimeout: Duration.seconds(120),
      // Jobs install packages and write where they like, as on hosted runners; the task is gone after one.
      readonlyRootFilesystem: false,
      privileged: false,
      // No `initProcessEnabled`: the entrypoint has to be PID 1 until it has dropped its secrets, and then becomes tini itself.
    });
    // Tasks take their definition's tags over (launch-rule.ts): so costs show by target.
    Tags.of(taskDefinition).add(TARGET_TAG, target.name);
    acknowledge(taskDefinition, {
      "AwsSolutions::AwsSolutions-ECS2": "Neither GitHub's address nor the region is a secret; what is secret comes sealed, with the event",
      "AwsSolutions::AwsSolutions-IAM5[Resource::*]": "AWS has no resource for ecr:GetAuthorizationToken; what the execution role may pull is the one repository",
      "cdk-validator-cfnguard::ecs_task_definition_nonroot_user_check": "The entrypoint starts as root to keep its credential from the agent, which it starts as user runner",
      "cdk-validator-cfnguard::ecs_containers_readonly_access_check": "Jobs install packages and write where they like, as on hosted runners; the task is gone after one",
      "cdk-validator-cfnguard::ecs_task_definition_memory_hard_limit_check": "The task has the limit, and the event sets it; a container's own could not be set by the event",
      ...(target.compute === "ec2" && {
        "cdk-validator-cfnguard::ecs_awsvpc_networking_enabled_check": "awsvpc tasks on EC2 get no public address, and without a NAT no way out",
      }),
    });
    this.taskDefinition = taskDefinition as ITaskDefinition;
  }
}

function placeOf(target: LaunchTarget): Pick<TaskDefinitionProps, "compatibility" | "networkMode" | "runtimePlatform"> {
  // An awsvpc task on EC2 gets no public address, and so without a NAT no way out: it shares its instance's, over Docker's bridge.
  // Which architecture that has, its capacity provider says.
  if (target.compute === "ec2") return { compatibility: Compatibility.EC2, networkMode: NetworkMode.BRIDGE };
  return {
    compatibility: Compatibility.FARGATE,
    networkMode: NetworkMode.AWS_VPC,
    runtimePlatform: {
      cpuArchitecture: target.architecture === "arm64" ? CpuArchitecture.ARM64 : CpuArchitecture.X86_64,
      operatingSystemFamily: OperatingSystemFamily.LINUX,
    },
  };
}
