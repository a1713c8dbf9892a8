import { Duration } from "aws-cdk-lib";
import { Queue, QueueEncryption } from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
import { ROUND_LIMIT_SECONDS } from "../app/core/round-limit.ts";
import { acknowledge } from "./acknowledge.ts";

/**
 * Launch events that no task came of, for the reconciler, which puts the job back to waiting with EventBridge's error as its reason. One
 * queue for all targets: each message's RULE_ARN attribute tells which.
 */
export class LaunchDeadLetterQueue extends Construct {
  readonly queue: Queue;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.queue = new Queue(this, "Queue", {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      // Six times the function's time-out, as AWS advises: a message that is still worked on must not come again.
      visibilityTimeout: Duration.seconds(6 * ROUND_LIMIT_SECONDS),
      // The longest SQS allows: while the function fails they are all that is known.
      retentionPeriod: Duration.days(14),
    });
    const why = "It is the dead-letter queue, of EventBridge's rules; what the reconciler cannot deal with stays in it, and an alarm tells";
    acknowledge(this.queue, {
      "AwsSolutions::AwsSolutions-SQS3": why,
      "Serverless::Serverless-SQSRedrivePolicy": why,
      "cdk-validator-cfnguard::sqs_dlq_check": why,
    });
  }
}
