import { CfnClusterCapacityProviderAssociations, Cluster, ContainerInsights, type ICluster } from "aws-cdk-lib/aws-ecs";
import { Construct } from "constructs";
import type { Architecture, Compute, LaunchTarget } from "../app/core/runner-profiles.ts";
import { acknowledge } from "./acknowledge.ts";
import { Ec2Capacity } from "./ec2-capacity.ts";
import type { RunnerNetwork } from "./runner-network.ts";
import type { StackSettings } from "./stack-settings.ts";

export interface RunnerClusterProps {
  readonly network: RunnerNetwork;
  /** EC2 capacity is made for the architectures that these ask for. */
  readonly targets: readonly LaunchTarget[];
  readonly settings: Pick<StackSettings, "containerInsights" | "ec2InstanceTypeX64" | "ec2InstanceTypeArm64" | "ec2MaxInstances" | "ec2DiskGiB">;
}

const INSIGHTS = { disabled: ContainerInsights.DISABLED, enabled: ContainerInsights.ENABLED, enhanced: ContainerInsights.ENHANCED } as const;

/** Where runners live: Fargate, Fargate Spot and, where a target asks for it, EC2. Costs nothing while no task runs. */
export class RunnerCluster extends Construct {
  readonly cluster: ICluster;
  readonly #ec2: ReadonlyMap<Architecture, Ec2Capacity>;

  constructor(scope: Construct, id: string, props: RunnerClusterProps) {
    super(scope, id);
    const { network, settings, targets } = props;
    const cluster = new Cluster(this, "Cluster", { vpc: network.vpc, containerInsightsV2: INSIGHTS[settings.containerInsights] });
    this.cluster = cluster as ICluster;
    acknowledge(cluster, {
      "AwsSolutions::AwsSolutions-ECS4": "On unless the setting containerInsights switches it off",
      "cdk-validator-cfnguard::ecs_container_insights_enabled_check": "The setting containerInsights decides; the rule does not know `enhanced`",
    });

    const architectures = new Set(targets.filter(({ compute }) => compute === "ec2").map(({ architecture }) => architecture));
    this.#ec2 = new Map(
      [...architectures].map((architecture) => [
        architecture,
        new Ec2Capacity(this, `Ec2-${architecture}`, {
          cluster: this.cluster,
          network,
          architecture,
          instanceType: architecture === "arm64" ? settings.ec2InstanceTypeArm64 : settings.ec2InstanceTypeX64,
          maxInstances: settings.ec2MaxInstances,
          diskGiB: settings.ec2DiskGiB,
        }),
      ]),
    );
    // Not by Cluster's own way: that also gives each instance rights on every log group, and on images by the instance's role.
    // oxlint-disable-next-line no-new -- a construct adds itself to its scope
    new CfnClusterCapacityProviderAssociations(this, "CapacityProviders", {
      cluster: cluster.clusterName,
      capacityProviders: ["FARGATE", "FARGATE_SPOT", ...[...this.#ec2.values()].map(({ providerName }) => providerName)],
      defaultCapacityProviderStrategy: [],
    });
  }

  /** The capacity provider that a target's tasks run on; `null` for those that a launch type is enough for. */
  capacityProviderOf(target: { readonly compute: Compute; readonly architecture: Architecture }): string | null {
    if (target.compute === "fargate") return null;
    if (target.compute === "fargate-spot") return "FARGATE_SPOT";
    const capacity = this.#ec2.get(target.architecture);
    if (!capacity) throw new Error(`the cluster was made without EC2 capacity for ${target.architecture}`);
    return capacity.providerName;
  }
}
