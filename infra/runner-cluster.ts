import { IpAddresses, SecurityGroup, SubnetType, Vpc, type ISecurityGroup, type IVpc } from "aws-cdk-lib/aws-ec2";
import { Cluster, type ICluster } from "aws-cdk-lib/aws-ecs";
import { Construct } from "constructs";

/** Where runners live: a network that lets them out and nobody in, and a cluster. Costs nothing while no task runs. */
export class RunnerCluster extends Construct {
  readonly vpc: IVpc;
  readonly cluster: ICluster;
  /** Everything out, nothing in: a runner polls GitHub and is never called. */
  readonly securityGroup: ISecurityGroup;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.vpc = new Vpc(this, "Vpc", {
      // 65,536 addresses: each task takes one, and a full subnet shows up only as a task that does not start.
      ipAddresses: IpAddresses.cidr("10.0.0.0/16"),
      maxAzs: 2,
      // Public addresses for the tasks cost less than a NAT gateway that also runs while no job does.
      natGateways: 0,
      subnetConfiguration: [{ name: "runners", subnetType: SubnetType.PUBLIC, cidrMask: 17 }],
    }) as IVpc;
    this.securityGroup = new SecurityGroup(this, "SecurityGroup", {
      vpc: this.vpc,
      description: "Baton runners: out to GitHub and the internet, nothing in",
      allowAllOutbound: true,
    });
    this.cluster = new Cluster(this, "Cluster", { vpc: this.vpc, enableFargateCapacityProviders: true }) as ICluster;
  }
}
