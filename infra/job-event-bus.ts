import { EventBus, type IEventBus } from "aws-cdk-lib/aws-events";
import { Construct } from "constructs";

/**
 * The bus that carries every decision of Baton. Without a customer key: the schema discoverer does not work on a bus encrypted
 * with one, and credentials in events are sealed anyway.
 */
export class JobEventBus extends Construct {
  readonly bus: IEventBus;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.bus = new EventBus(this, "Bus", { description: "Baton: GitHub Actions jobs and what was decided about them" }) as IEventBus;
  }
}
