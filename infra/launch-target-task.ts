import { Duration, RemovalPolicy } from "aws-cdk-lib";
import type { IRepository } from "aws-cdk-lib/aws-ecr";
import { ContainerImage, CpuArchitecture, FargateTaskDefinition, LogDriver, OperatingSystemFamily, type ITaskDefinition } from "aws-cdk-lib/aws-ecs";
import { LogGroup, type RetentionDays } from "aws-cdk-lib/aws-logs";
import { Construct } from "constructs";
import type { LaunchTarget } from "../app/core/runner-profiles.ts";
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
    if (target.compute === "ec2") throw new Error(`target "${target.name}": compute "ec2" cannot be deployed yet; use fargate or fargate-spot`);

    const logGroup = new LogGroup(this, "Logs", {
      // CDK's enum is the number of days.
      retention: props.logRetentionDays as RetentionDays,
      removalPolicy: RemovalPolicy.DESTROY,
    });

    const taskDefinition = new FargateTaskDefinition(this, "Task", {
      // Only what a task gets whose event names no size, which none of ours does.
      cpu: 1024,
      memoryLimitMiB: 2048,
      runtimePlatform: {
        cpuArchitecture: target.architecture === "arm64" ? CpuArchitecture.ARM64 : CpuArchitecture.X86_64,
        operatingSystemFamily: OperatingSystemFamily.LINUX,
      },
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
      // No `initProcessEnabled`: the entrypoint has to be PID 1 until it has dropped its secrets, and then becomes tini itself.
    });
    this.taskDefinition = taskDefinition as ITaskDefinition;
  }
}
