import { Stack } from "aws-cdk-lib";
import type { Construct } from "constructs";

/** One for each deployment, so that two in an account do not mix. */
export function metricsNamespace(scope: Construct): string {
  return `Baton/${Stack.of(scope).stackName}`;
}
