import { CloudFormationServiceException, DescribeStacksCommand, type CloudFormationClient, type Stack } from "@aws-sdk/client-cloudformation";
import { WEBHOOK_PATH } from "../github/route-request.ts";
import { OperatorError, operatorError } from "./aws-trouble.ts";

/** Names of the stack's outputs that the operator's commands read. */
export type StackOutput =
  | "WebhookUrl"
  | "AdminUrl"
  | "EventBusName"
  | "RunnerImageRepositoryUri"
  | "ClusterName"
  | "AppSecretId"
  | "OAuthSecretId"
  | "CredentialKeyId"
  | "JobsTableName"
  | "WebhookFunctionName"
  | "ReconcileFunctionName"
  | "NextStep"
  | "ImageSourceUrl"
  | "ImageBuildProjectName";

export interface DeployedStack {
  readonly name: string;
  readonly arn: string;
  readonly status: string;
  readonly terminationProtection: boolean;
  readonly outputs: Readonly<Record<string, string>>;
  /** Throws when the stack has no such output. */
  output(name: StackOutput): string;
}

/** `null` when there is no stack of that name. Fails with `OperatorError`. */
export async function findStack(client: CloudFormationClient, name: string): Promise<DeployedStack | null> {
  try {
    const { Stacks } = await client.send(new DescribeStacksCommand({ StackName: name }));
    const [stack] = Stacks ?? [];
    return stack ? deployedStack(stack) : null;
  } catch (error) {
    if (isNoSuchStack(error)) return null;
    throw operatorError(`look for the stack ${name}`, error);
  }
}

/** A stack to work with; one that is missing or half made is an `OperatorError`. */
export async function requireStack(client: CloudFormationClient, name: string, region: string): Promise<DeployedStack> {
  const stack = await findStack(client, name);
  if (!stack) {
    throw new OperatorError(`There is no stack "${name}" in ${region}. Deploy it first: npm run deploy. If it has another name or region, say so: --stack NAME, AWS_REGION=….`);
  }
  if (!/^(?:CREATE|UPDATE|UPDATE_ROLLBACK|IMPORT)_COMPLETE$/.test(stack.status)) {
    throw new OperatorError(`The stack "${name}" is in state ${stack.status}. Wait until it is done, or mend it by npm run deploy, and run this again.`);
  }
  return stack;
}

/** Where GitHub sends the App's events. */
export function webhookUrlOf(stack: DeployedStack): string {
  const url = new URL(stack.output("WebhookUrl"));
  if (url.pathname === "/") url.pathname = WEBHOOK_PATH;
  return url.href;
}

/** Where the admin pages are; `null` for a stack that was deployed without them. */
export function adminUrlOf(stack: DeployedStack): string | null {
  return stack.outputs["AdminUrl"] || null;
}

/** CloudFormation answers a plain ValidationError: only its words tell. */
export function isNoSuchStack(error: unknown): boolean {
  return error instanceof CloudFormationServiceException && /does not exist/i.test(error.message);
}

function deployedStack(stack: Stack): DeployedStack {
  const name = stack.StackName ?? "";
  const outputs = Object.fromEntries((stack.Outputs ?? []).map(({ OutputKey, OutputValue }) => [OutputKey ?? "", OutputValue ?? ""]));
  return {
    name,
    arn: stack.StackId ?? name,
    status: stack.StackStatus ?? "UNKNOWN",
    terminationProtection: stack.EnableTerminationProtection === true,
    outputs,
    output(wanted) {
      const value = outputs[wanted];
      if (value !== undefined && value !== "") return value;
      throw new OperatorError(`The stack "${name}" has no output ${wanted}: it was made by another version of Baton. Run npm run deploy, then this again.`);
    },
  };
}
