import { RemovalPolicy } from "aws-cdk-lib";
import { LogGroup, type RetentionDays } from "aws-cdk-lib/aws-logs";
import type { Construct } from "constructs";
import { acknowledge } from "./acknowledge.ts";

/** A log group that ends: with its retention, and with the stack. */
export function createLogGroup(scope: Construct, id: string, retentionDays: number): LogGroup {
  const group = new LogGroup(scope, id, {
    // CDK's enum is the number of days.
    retention: retentionDays as RetentionDays,
    removalPolicy: RemovalPolicy.DESTROY,
  });
  acknowledge(group, {
    "cdk-validator-cfnguard::cloudwatch_log_group_retention_period_check": "The setting logRetentionDays decides; a job's records are kept for ten days",
    "cdk-validator-cfnguard::cloudwatch_log_group_encrypted_check": "CloudWatch Logs encrypts with a key of its own; nothing in the logs is secret, credentials are never logged",
  });
  return group;
}
