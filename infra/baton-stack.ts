// oxlint-disable no-new -- a construct adds itself to its scope
import { CfnOutput, Stack, type StackProps } from "aws-cdk-lib";
import type { Construct } from "constructs";
import type { RunnerProfiles } from "../app/core/runner-profiles.ts";
import { CredentialKey } from "./credential-key.ts";
import { JobEventBus } from "./job-event-bus.ts";
import { LaunchDeadLetterQueue } from "./launch-dead-letter-queue.ts";
import { LaunchRule } from "./launch-rule.ts";
import { LaunchTargetTask } from "./launch-target-task.ts";
import { RunnerCluster } from "./runner-cluster.ts";
import { RunnerImageRepository } from "./runner-image-repository.ts";

export interface BatonStackProps extends StackProps {
  readonly profiles: RunnerProfiles;
  readonly githubApiUrl: string;
}

/**
 * The way of a job on AWS, one construct per step. The constructs show the CDK's interfaces, by `as`: its classes do not satisfy
 * them under `exactOptionalPropertyTypes`.
 */
export class BatonStack extends Stack {
  constructor(scope: Construct, id: string, props: BatonStackProps) {
    super(scope, id, props);

    const { key } = new CredentialKey(this, "CredentialKey");
    const { bus } = new JobEventBus(this, "JobEventBus");
    const { repository } = new RunnerImageRepository(this, "RunnerImage");
    const runners = new RunnerCluster(this, "Runners");
    const { queue } = new LaunchDeadLetterQueue(this, "LaunchDeadLetters");

    for (const target of props.profiles.targets) {
      const { taskDefinition } = new LaunchTargetTask(this, `Task-${target.name}`, {
        target,
        repository,
        credentialKey: key,
        githubApiUrl: props.githubApiUrl,
      });
      new LaunchRule(this, `Launch-${target.name}`, { target, bus, runners, taskDefinition, deadLetterQueue: queue });
    }

    new CfnOutput(this, "EventBusName", { value: bus.eventBusName });
    new CfnOutput(this, "ClusterName", { value: runners.cluster.clusterName });
    new CfnOutput(this, "CredentialKeyId", { value: key.keyId });
    new CfnOutput(this, "RunnerImageUri", { value: repository.repositoryUri });
  }
}
