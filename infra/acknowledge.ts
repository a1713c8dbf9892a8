import { Stack, Validations } from "aws-cdk-lib";
import type { IConstruct } from "constructs";

/**
 * Says why rules of cdk-nag (`AwsSolutions`, `Serverless`) and of cfn-guard's Control Tower set do not hold for a construct and what is in
 * it: id of the rule → reason. `npm run test:templates` fails for whatever has none.
 */
export function acknowledge(construct: IConstruct, reasons: Readonly<Record<string, string>>): void {
  Validations.of(construct).acknowledge(...Object.entries(reasons).map(([id, reason]) => ({ id, reason })));
}

/** The same for permissions on an ARN that ends in a wildcard, which cdk-nag tells apart by the ARN. */
export function acknowledgeWildcard(construct: IConstruct, arn: string, reason: string): void {
  acknowledge(construct, { [`AwsSolutions::AwsSolutions-IAM5[Resource::${asCdkNagWrites(Stack.of(construct).resolve(arn))}]`]: reason });
}

/** A reference in angle brackets, a join joined. */
function asCdkNagWrites(value: unknown): string {
  if (typeof value === "string") return value;
  const { Ref, "Fn::GetAtt": getAtt, "Fn::Join": join } = value as { Ref?: string; "Fn::GetAtt"?: readonly string[]; "Fn::Join"?: readonly [string, readonly unknown[]] };
  if (join) return join[1].map(asCdkNagWrites).join(join[0]);
  return `<${Ref ?? getAtt?.join(".")}>`;
}
