import { Annotations } from "aws-cdk-lib";
import { GatewayVpcEndpointAwsService, IpAddresses, SecurityGroup, SubnetType, Vpc, type ISecurityGroup, type IVpc, type SubnetSelection } from "aws-cdk-lib/aws-ec2";
import { Construct } from "constructs";
import { acknowledge } from "./acknowledge.ts";
import type { StackSettings } from "./stack-settings.ts";

export type RunnerNetworkProps = Pick<StackSettings, "vpcId" | "subnetIds" | "availabilityZones" | "subnetsArePublic">;

/** The network that lets runners out and nobody in: one of its own, or a given VPC's subnets. */
export class RunnerNetwork extends Construct {
  readonly vpc: IVpc;
  readonly subnets: SubnetSelection;
  /** Without a NAT a task or instance without an address of its own reaches neither GitHub nor ECR. */
  readonly publicAddresses: boolean;
  /** Everything out, nothing in: a runner polls GitHub and is never called. */
  readonly securityGroup: ISecurityGroup;

  constructor(scope: Construct, id: string, props: RunnerNetworkProps) {
    super(scope, id);
    this.vpc = props.vpcId === null ? this.#ownVpc() : this.#givenVpc(props.vpcId, props);
    this.publicAddresses = props.subnetsArePublic;
    this.subnets = { subnetType: props.subnetsArePublic ? SubnetType.PUBLIC : SubnetType.PRIVATE_WITH_EGRESS };
    this.securityGroup = new SecurityGroup(this, "SecurityGroup", {
      vpc: this.vpc,
      description: "Baton runners: out to GitHub and the internet, nothing in",
      allowAllOutbound: true,
    });
  }

  #ownVpc(): IVpc {
    const vpc = new Vpc(this, "Vpc", {
      // 65,536 addresses: each task takes one, and a full subnet shows up only as a task that does not start.
      ipAddresses: IpAddresses.cidr("10.0.0.0/16"),
      maxAzs: 2,
      // Public addresses for the tasks cost less than a NAT gateway that also runs while no job does.
      natGateways: 0,
      // Tasks and instances ask for their address themselves; nothing else that is put here shall get one.
      subnetConfiguration: [{ name: "runners", subnetType: SubnetType.PUBLIC, cidrMask: 17, mapPublicIpOnLaunch: false }],
      // Free of charge, and ECR's layers come from S3.
      gatewayEndpoints: { S3: { service: GatewayVpcEndpointAwsService.S3 } },
    });
    acknowledge(vpc, { "AwsSolutions::AwsSolutions-VPC7": "Flow logs of runners, which only call out, would cost more than the rest of an idle deployment; they can be switched on for the VPC" });
    return vpc as IVpc;
  }

  /** By its parts, since a lookup would need AWS at synth. */
  #givenVpc(vpcId: string, { subnetIds, availabilityZones, subnetsArePublic }: RunnerNetworkProps): IVpc {
    const vpc = Vpc.fromVpcAttributes(this, "Vpc", {
      vpcId,
      availabilityZones: [...availabilityZones],
      ...(subnetsArePublic ? { publicSubnetIds: [...subnetIds] } : { privateSubnetIds: [...subnetIds] }),
    });
    // Routes are the VPC owner's, and nothing here adds any.
    for (const subnet of [...vpc.publicSubnets, ...vpc.privateSubnets]) Annotations.of(subnet).acknowledgeWarning("@aws-cdk/aws-ec2:noSubnetRouteTableId");
    return vpc;
  }
}
