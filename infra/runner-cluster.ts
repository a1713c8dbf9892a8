import { Cluster, ContainerInsights, type ICluster } from "aws-cdk-lib/aws-ecs";
import { Construct } from "constructs";
import type { RunnerNetwork } from "./runner-network.ts";
import type { StackSettings } from "./stack-settings.ts";

export interface RunnerClusterProps {
  readonly network: RunnerNetwork;
  readonly containerInsights: StackSettings["containerInsights"];
}

const INSIGHTS = { disabled: ContainerInsights.DISABLED, enabled: ContainerInsights.ENABLED, enhanced: ContainerInsights.ENHANCED } as const;

/** Where runners live. Costs nothing while no task runs. */
export class RunnerCluster extends Construct {
  readonly cluster: ICluster;

  constructor(scope: Construct, id: string, props: RunnerClusterProps) {
    super(scope, id);
    this.cluster = new Cluster(this, "Cluster", {
      vpc: props.network.vpc,
      enableFargateCapacityProviders: true,
      containerInsightsV2: INSIGHTS[props.containerInsights],
    }) as ICluster;
  }
}
