import { Duration, RemovalPolicy, Tags } from "aws-cdk-lib";
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
import { LogGroup, type RetentionDays } from "aws-cdk-lib/aws-logs";
import { Construct } from "constructs";
import type { LaunchTarget } from "../app/core/runner-profiles.ts";
import { TARGET_TAG } from "./cost-tags.ts";
import type { CredentialKey } from "./credential-key.ts";
import { RUNNER_CONTAINER_NAME } from "./runner-container.ts";

export interface LaunchTargetTaskProps {
  readonly target: LaunchTarget;
  readonly repository: IRepository;
  /** Seals the credential that the container opens. */
  readonly credentialKey: CredentialKey;
  readonly githubApiUrl: string;
  readonly logRetentionDays: number;
}

/** What cannot be overridden per task: image, architecture, roles, log group. CPU, memory and disk come from the event. */
export class LaunchTargetTask extends Construct {
  readonly taskDefinition: ITaskDefinition;

  constructor(scope: Construct, id: string, props: LaunchTargetTaskProps) {
    super(scope, id);
    const { target } = props;

    const logGroup = new LogGroup(this, "Logs", {
      // CDK's enum is the number of days.
      retention: props.logRetentionDays as RetentionDays,
      removalPolicy: RemovalPolicy.DESTROY,
    });

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
      image: ContainerImage.fromEcrRepository(props.repository, "latest"),
      environment: { GITHUB_API_URL: props.githubApiUrl },
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
