import { Duration, Stack } from "aws-cdk-lib";
import { LaunchType, PropagatedTagSource, type ITaskDefinition } from "aws-cdk-lib/aws-ecs";
import { EventField, Rule, type CfnRule, type IEventBus } from "aws-cdk-lib/aws-events";
import { EcsTask, type EcsTaskProps } from "aws-cdk-lib/aws-events-targets";
import { Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import type { IQueue } from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
import { EVENT_SOURCE, WORKFLOW_JOB_DETAIL_TYPE, type LaunchRunner } from "../app/core/launch-event.ts";
import type { LaunchTarget } from "../app/core/runner-profiles.ts";
import { acknowledgeWildcard } from "./acknowledge.ts";
import type { RunnerCluster } from "./runner-cluster.ts";
import { RUNNER_CONTAINER_NAME, RUNNER_ENVIRONMENT } from "./runner-container.ts";
import type { RunnerNetwork } from "./runner-network.ts";

export interface LaunchRuleProps {
  readonly target: LaunchTarget;
  readonly bus: IEventBus;
  readonly runners: RunnerCluster;
  readonly network: RunnerNetwork;
  readonly taskDefinition: ITaskDefinition;
  readonly deadLetterQueue: IQueue;
}

/** Starts one task of a target for each launch event that names it. Any size: the event carries CPU, memory and disk. */
export class LaunchRule extends Construct {
  readonly rule: Rule;

  constructor(scope: Construct, id: string, props: LaunchRuleProps) {
    super(scope, id);
    const { target, runners, taskDefinition } = props;

    this.rule = new Rule(this, "Rule", {
      eventBus: props.bus,
      description: `Baton: runs launch events for ${target.name}`,
      eventPattern: {
        source: [EVENT_SOURCE],
        detailType: [WORKFLOW_JOB_DETAIL_TYPE],
        detail: { action: ["queued"], runner: { decision: ["launch"], target: [target.name] } },
      },
    });

    // A replay of the archive is for others to look at: it must not launch again what has long run. CDK's pattern has no such member.
    (this.rule.node.defaultChild as CfnRule).addPropertyOverride("EventPattern.replay-name", [{ exists: false }]);

    const role = new Role(this, "Role", {
      assumedBy: new ServicePrincipal("events.amazonaws.com"),
      description: `Baton: starts tasks of ${target.name}`,
    });
    this.rule.addTarget(
      new EcsTask({
        cluster: runners.cluster,
        taskDefinition,
        role,
        ...placeOf(target, props.network),
        containerOverrides: [
          {
            containerName: RUNNER_CONTAINER_NAME,
            environment: Object.entries(RUNNER_ENVIRONMENT).map(([name, member]) => ({ name, value: fromEvent(member) })),
          },
        ],
        cpu: fromEvent("cpu"),
        memory: fromEvent("memory"),
        // So that tasks, where the money goes, carry the cost-allocation tags.
        propagateTags: PropagatedTagSource.TASK_DEFINITION,
        deadLetterQueue: props.deadLetterQueue,
        // Within the 300 s of the lease: a later task would meet the reconciler's next launch. The age ends the tries, the count is
        // only what that much backoff can hold.
        maxEventAge: Duration.seconds(300),
        retryAttempts: 20,
      }),
    );
    // CDK lets the role hand on a task's own role for Fargate only, and ECS asks for it on EC2 as well.
    taskDefinition.taskRole.grantPassRole(role);
    const tasks = Stack.of(this).formatArn({ service: "ecs", account: "*", resource: "task", resourceName: `${runners.cluster.clusterName}/*` });
    acknowledgeWildcard(role, tasks, "CDK's EcsTask lets it tag the tasks it starts, whose ids nobody knows before");
    this.#useCapacityProvider(runners.capacityProviderOf(target), target);
  }

  /** EcsTask knows no capacity providers, and ECS refuses one beside a launch type. */
  #useCapacityProvider(provider: string | null, target: LaunchTarget): void {
    if (provider === null) return;
    const rule = this.rule.node.defaultChild as CfnRule;
    rule.addPropertyDeletionOverride("Targets.0.EcsParameters.LaunchType");
    rule.addPropertyOverride("Targets.0.EcsParameters.CapacityProviderStrategy", [{ CapacityProvider: provider, Weight: 1 }]);
    if (target.compute === "ec2") {
      // One job an instance at a time: neighbours on Docker's bridge reach each other, and share kernel and disk.
      rule.addPropertyOverride("Targets.0.EcsParameters.PlacementConstraints", [{ Type: "distinctInstance" }]);
      // The constraint keeps tasks of one group apart (API reference: PlacementConstraint), and by default each family is a group of its own.
      rule.addPropertyOverride("Targets.0.EcsParameters.Group", "runners");
    }
  }
}

function placeOf(target: LaunchTarget, network: RunnerNetwork): Partial<EcsTaskProps> {
  // On EC2 network and disk are the instance's (ec2-capacity.ts).
  if (target.compute === "ec2") return { launchType: LaunchType.EC2 };
  return {
    launchType: LaunchType.FARGATE,
    subnetSelection: network.subnets,
    assignPublicIp: network.publicAddresses,
    securityGroups: [network.securityGroup],
    // CDK's own number tokens do not survive an input transformer; its range check lets a text through that is no number.
    ephemeralStorage: { sizeInGiB: fromEvent("diskGiB") as unknown as number },
  };
}

function fromEvent(member: keyof LaunchRunner): string {
  return EventField.fromPath(`$.detail.runner.${member}`);
}
