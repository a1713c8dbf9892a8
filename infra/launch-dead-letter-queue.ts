import { Duration } from "aws-cdk-lib";
import { Queue, QueueEncryption } from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";

/** Launch events that no task came of. One queue for all targets: each message's RULE_ARN attribute tells which. */
export class LaunchDeadLetterQueue extends Construct {
  readonly queue: Queue;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.queue = new Queue(this, "Queue", {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      // The longest SQS allows: the reconciler has launched the job anew long before, this is for whoever asks why.
      retentionPeriod: Duration.days(14),
    });
  }
}
