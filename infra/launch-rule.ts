import { Duration } from "aws-cdk-lib";
import { LaunchType, PropagatedTagSource, type ICluster, type ITaskDefinition } from "aws-cdk-lib/aws-ecs";
import { EventField, Rule, type CfnRule, type IEventBus } from "aws-cdk-lib/aws-events";
import { EcsTask } from "aws-cdk-lib/aws-events-targets";
import type { IQueue } from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
import { EVENT_SOURCE, WORKFLOW_JOB_DETAIL_TYPE, type LaunchRunner } from "../app/core/launch-event.ts";
import type { LaunchTarget } from "../app/core/runner-profiles.ts";
import { RUNNER_CONTAINER_NAME, RUNNER_ENVIRONMENT } from "./runner-container.ts";
import type { RunnerNetwork } from "./runner-network.ts";

export interface LaunchRuleProps {
  readonly target: LaunchTarget;
  readonly bus: IEventBus;
  readonly cluster: ICluster;
  readonly network: RunnerNetwork;
  readonly taskDefinition: ITaskDefinition;
  readonly deadLetterQueue: IQueue;
}

/** Starts one task of a target for each launch event that names it. Any size: the event carries CPU, memory and disk. */
export class LaunchRule extends Construct {
  readonly rule: Rule;

  constructor(scope: Construct, id: string, props: LaunchRuleProps) {
    super(scope, id);
    const { target, network } = props;

    this.rule = new Rule(this, "Rule", {
      eventBus: props.bus,
      description: `Baton: runs launch events for ${target.name}`,
      eventPattern: {
        source: [EVENT_SOURCE],
        detailType: [WORKFLOW_JOB_DETAIL_TYPE],
        detail: { action: ["queued"], runner: { decision: ["launch"], target: [target.name] } },
      },
    });

    this.rule.addTarget(
      new EcsTask({
        cluster: props.cluster,
        taskDefinition: props.taskDefinition,
        launchType: LaunchType.FARGATE,
        subnetSelection: network.subnets,
        assignPublicIp: network.publicAddresses,
        securityGroups: [network.securityGroup],
        // So that tasks, where the money goes, carry the cost-allocation tags.
        propagateTags: PropagatedTagSource.TASK_DEFINITION,
        containerOverrides: [
          {
            containerName: RUNNER_CONTAINER_NAME,
            environment: Object.entries(RUNNER_ENVIRONMENT).map(([name, member]) => ({ name, value: fromEvent(member) })),
          },
        ],
        cpu: fromEvent("cpu"),
        memory: fromEvent("memory"),
        // CDK's own number tokens do not survive an input transformer; its range check lets a text through that is no number.
        ephemeralStorage: { sizeInGiB: fromEvent("diskGiB") as unknown as number },
        deadLetterQueue: props.deadLetterQueue,
        // Within the 300 s of the lease: a later task would meet the reconciler's next launch. The age ends the tries, the count is
        // only what that much backoff can hold.
        maxEventAge: Duration.seconds(300),
        retryAttempts: 20,
      }),
    );

    if (target.compute === "fargate-spot") {
      const rule = this.rule.node.defaultChild as CfnRule;
      // EcsTask knows no capacity providers and always writes LaunchType, which excludes them.
      rule.addPropertyDeletionOverride("Targets.0.EcsParameters.LaunchType");
      rule.addPropertyOverride("Targets.0.EcsParameters.CapacityProviderStrategy", [{ CapacityProvider: "FARGATE_SPOT", Weight: 1 }]);
    }
  }
}

function fromEvent(member: keyof LaunchRunner): string {
  return EventField.fromPath(`$.detail.runner.${member}`);
}
