// oxlint-disable no-new -- a construct adds itself to its scope
import { Duration, Stack } from "aws-cdk-lib";
import { EventBus, type IEventBus } from "aws-cdk-lib/aws-events";
import { CfnDiscoverer } from "aws-cdk-lib/aws-eventschemas";
import { Effect, PolicyStatement, type IGrantable } from "aws-cdk-lib/aws-iam";
import { Construct } from "constructs";
import { STACK_TAG } from "./cost-tags.ts";

export interface JobEventBusProps {
  /** Keeps every event for this many days, to look at or replay; `null` keeps none. */
  readonly archiveDays: number | null;
  /** Keeps schemas of the events; not every region has EventBridge Schemas. */
  readonly schemaDiscovery: boolean;
}

/**
 * The bus that carries every decision of Baton. Without a customer key: the schema discoverer does not work on a bus encrypted
 * with one, and credentials in events are sealed anyway.
 */
export class JobEventBus extends Construct {
  readonly bus: IEventBus;

  constructor(scope: Construct, id: string, props: JobEventBusProps) {
    super(scope, id);
    const bus = new EventBus(this, "Bus", { description: "Baton: GitHub Actions jobs and what was decided about them" });
    this.bus = bus as IEventBus;

    if (props.schemaDiscovery) {
      new CfnDiscoverer(this, "SchemaDiscoverer", {
        sourceArn: bus.eventBusArn,
        description: "Baton: keeps schemas of the events, for whoever subscribes",
        crossAccount: false,
        // It counts the events it looks at, and CDK's Tags do not reach it.
        tags: [{ key: STACK_TAG, value: Stack.of(this).stackName }],
      });
    }
    if (props.archiveDays !== null) {
      bus.archive("Archive", {
        description: "Baton: all events, to look at or to replay for subscribers; a replay launches nothing",
        eventPattern: { account: [Stack.of(this).account] },
        retention: Duration.days(props.archiveDays),
      });
    }
  }

  grantPublish(grantee: IGrantable): void {
    grantee.grantPrincipal.addToPrincipalPolicy(new PolicyStatement({ effect: Effect.ALLOW, actions: ["events:PutEvents"], resources: [this.bus.eventBusArn] }));
  }
}
