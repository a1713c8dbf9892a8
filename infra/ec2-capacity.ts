import { Stack, Tags } from "aws-cdk-lib";
import { AutoScalingGroup, GroupMetrics } from "aws-cdk-lib/aws-autoscaling";
import { BlockDeviceVolume, EbsDeviceVolumeType, InstanceType, LaunchTemplate, LaunchTemplateHttpTokens, UserData, type IMachineImage } from "aws-cdk-lib/aws-ec2";
import { AmiHardwareType, CfnCapacityProvider, EcsOptimizedImage, type ICluster } from "aws-cdk-lib/aws-ecs";
import { Effect, PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Construct } from "constructs";
import type { Architecture } from "../app/core/runner-profiles.ts";
import { acknowledge, acknowledgeWildcard } from "./acknowledge.ts";
import { instanceUserData } from "./ec2-user-data.ts";
import type { RunnerNetwork } from "./runner-network.ts";

export interface Ec2CapacityProps {
  readonly cluster: ICluster;
  readonly network: RunnerNetwork;
  readonly architecture: Architecture;
  readonly instanceType: string;
  readonly maxInstances: number;
  readonly diskGiB: number;
}

/**
 * EC2 instances for tasks of one architecture: none while no task waits, one more for each that does. ECS drives the Auto Scaling group,
 * through the capacity provider that a launch rule names; `RunnerCluster` associates it with the cluster.
 */
export class Ec2Capacity extends Construct {
  readonly providerName: string;

  constructor(scope: Construct, id: string, props: Ec2CapacityProps) {
    super(scope, id);
    const { network } = props;

    const group = new AutoScalingGroup(this, "Group", {
      vpc: network.vpc,
      vpcSubnets: network.subnets,
      launchTemplate: this.#launchTemplate(props),
      minCapacity: 0,
      maxCapacity: props.maxInstances,
      // A job may run for days and cannot move: ECS takes the protection off once an instance has no task (managedTerminationProtection).
      newInstancesProtectedFromScaleIn: true,
      groupMetrics: [GroupMetrics.all()],
    });
    // ECS marks the groups it scales so, and a template without the mark would take it away again with each deployment.
    Tags.of(group).add("AmazonECSManaged", "true");
    acknowledge(group, {
      "AwsSolutions::AwsSolutions-AS3": "Instances come and go with jobs, by ECS; who queued what is in the jobs' records",
      "cdk-validator-cfnguard::autoscaling_multiple_az_check": "It spans all subnets of the network; the rule wants zones named, which the subnets already decide",
      "cdk-validator-cfnguard::autoscaling_mixed_instances_policy_multiple_instance_types_check": "Profiles are sized for the one type that a setting chooses",
    });

    const provider = new CfnCapacityProvider(this, "Provider", {
      autoScalingGroupProvider: {
        autoScalingGroupArn: group.autoScalingGroupName,
        managedScaling: {
          status: "ENABLED",
          // As many instances as the waiting tasks need, and none to spare.
          targetCapacity: 100,
          // The next task need not wait for the metrics of an instance that has just come: each job has one of its own.
          instanceWarmupPeriod: 30,
        },
        managedTerminationProtection: "ENABLED",
        // Whatever else ends an instance (a person, a zone rebalanced) takes no new tasks on it first, and lets running ones end.
        managedDraining: "ENABLED",
      },
    });
    this.providerName = provider.ref;
  }

  #launchTemplate(props: Ec2CapacityProps): LaunchTemplate {
    const userData = UserData.forLinux();
    userData.addCommands(...instanceUserData(props.cluster.clusterName));
    const template = new LaunchTemplate(this, "Instance", {
      instanceType: new InstanceType(props.instanceType),
      // A parameter of AWS's own that CloudFormation resolves when it deploys: nothing is looked up at synth.
      machineImage: EcsOptimizedImage.amazonLinux2023(props.architecture === "arm64" ? AmiHardwareType.ARM : AmiHardwareType.STANDARD) as IMachineImage,
      role: this.#instanceRole(props.cluster),
      securityGroup: props.network.securityGroup,
      associatePublicIpAddress: props.network.publicAddresses,
      userData,
      // One hop: an answer of the metadata service does not get past the instance itself into a container on the bridge.
      httpTokens: LaunchTemplateHttpTokens.REQUIRED,
      httpPutResponseHopLimit: 1,
      httpEndpoint: true,
      detailedMonitoring: true,
      blockDevices: [
        {
          deviceName: "/dev/xvda",
          volume: BlockDeviceVolume.ebs(props.diskGiB, { volumeType: EbsDeviceVolumeType.GP3, encrypted: true, deleteOnTermination: true }),
        },
      ],
    });
    acknowledge(template, {
      "cdk-validator-cfnguard::ec2_launch_template_public_ip_disabled_check": "In public subnets without a NAT the address is the way out; the security group lets nothing in",
    });
    return template;
  }

  /** What the ECS agent needs to serve a cluster, and no more: images are pulled and logs written by each task's execution role. */
  #instanceRole(cluster: ICluster): Role {
    const role = new Role(this, "InstanceRole", {
      assumedBy: new ServicePrincipal("ec2.amazonaws.com"),
      description: "Baton: lets an instance register with its cluster",
    });
    const allow = (actions: string[], resource: string) => role.addToPolicy(new PolicyStatement({ effect: Effect.ALLOW, actions, resources: [resource] }));
    allow(
      [
        "ecs:RegisterContainerInstance",
        "ecs:DeregisterContainerInstance",
        "ecs:SubmitTaskStateChange",
        "ecs:SubmitContainerStateChange",
        "ecs:SubmitAttachmentStateChanges",
      ],
      cluster.clusterArn,
    );
    const instances = Stack.of(this).formatArn({ service: "ecs", resource: "container-instance", resourceName: `${cluster.clusterName}/*` });
    allow(["ecs:Poll", "ecs:StartTelemetrySession"], instances);
    // AWS offers no resource for it (service authorization reference: Amazon ECS).
    allow(["ecs:DiscoverPollEndpoint"], "*");
    acknowledgeWildcard(role, instances, "ECS names instances when they register; these are all of this cluster, and only the instance's own agent polls");
    acknowledgeWildcard(role, "*", "AWS has no resource for ecs:DiscoverPollEndpoint");
    return role;
  }
}
