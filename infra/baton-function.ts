import { Tokenization, type Duration } from "aws-cdk-lib";
import { Effect, PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Architecture, Function as LambdaFunction, Runtime } from "aws-cdk-lib/aws-lambda";
import type { LogGroup } from "aws-cdk-lib/aws-logs";
import { Construct } from "constructs";
import { acknowledge } from "./acknowledge.ts";
import type { FunctionCode, FunctionName } from "./function-code.ts";
import { createLogGroup } from "./log-group.ts";

export interface BatonFunctionProps {
  readonly name: FunctionName;
  readonly code: FunctionCode;
  readonly description: string;
  readonly timeout: Duration;
  /** MiB; Lambda gives CPU in proportion. */
  readonly memorySize: number;
  readonly environment: Readonly<Record<string, string>>;
  readonly logRetentionDays: number;
  readonly reservedConcurrency?: number | null;
}

/** All variables of a function, names included (AWS docs: Lambda quotas). */
const ENVIRONMENT_LIMIT_BYTES = 4_096;
/** An id or ARN that CloudFormation fills in; the longest of ours is a secret's ARN of about 120. */
const UNRESOLVED_BYTES = 160;

/** What the functions have in common: runtime, architecture, a log group that ends, and an environment that fits. */
export class BatonFunction extends Construct {
  readonly function: LambdaFunction;
  readonly logGroup: LogGroup;

  constructor(scope: Construct, id: string, props: BatonFunctionProps) {
    super(scope, id);
    checkEnvironment(props.name, props.environment);
    this.logGroup = createLogGroup(this, "Logs", props.logRetentionDays);
    // Not AWS's managed policy for functions, which may write to every log group of the account.
    const role = new Role(this, "Role", { assumedBy: new ServicePrincipal("lambda.amazonaws.com"), description: `Baton: the ${props.name} function` });
    role.addToPolicy(new PolicyStatement({ effect: Effect.ALLOW, actions: ["logs:CreateLogStream", "logs:PutLogEvents"], resources: [this.logGroup.logGroupArn] }));
    this.function = new LambdaFunction(this, "Function", {
      role,
      description: props.description,
      code: props.code(props.name),
      handler: "index.handler",
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      timeout: props.timeout,
      memorySize: props.memorySize,
      environment: { ...props.environment },
      logGroup: this.logGroup,
      ...(props.reservedConcurrency != null && { reservedConcurrentExecutions: props.reservedConcurrency }),
    });
    acknowledge(this.function, {
      "Serverless::Serverless-LambdaTracing": "The job's record and one log line a step tell what a trace would, without its cost and its time in a cold start",
      "Serverless::Serverless-LambdaDLQ": "Invoked with an answer that is waited for, or for a round that the next minute repeats: nothing is lost with an invocation",
      "cdk-validator-cfnguard::lambda_inside_vpc_check": "It calls GitHub and AWS's public endpoints only, and in a VPC would need a NAT that costs while nothing runs",
    });
  }
}

/** Lambda refuses a larger one only while it deploys. Throws with what takes the room. */
function checkEnvironment(name: FunctionName, environment: Readonly<Record<string, string>>): void {
  const sizes = Object.entries(environment).map(([key, value]) => {
    const { tokens } = Tokenization.reverseString(value);
    const bytes = key.length + (tokens.length > 0 ? tokens.length * UNRESOLVED_BYTES : Buffer.byteLength(value));
    return { key, bytes };
  });
  const total = sizes.reduce((sum, { bytes }) => sum + bytes, 0);
  if (total <= ENVIRONMENT_LIMIT_BYTES) return;
  const [largest] = sizes.toSorted((a, b) => b.bytes - a.bytes);
  throw new Error(
    `the environment of the ${name} function takes ${total} bytes, and Lambda takes ${ENVIRONMENT_LIMIT_BYTES}: ${largest?.key} alone takes ${largest?.bytes}. ` +
      "Use fewer or shorter profiles, labels and repositories in infra/runner-profiles.yml",
  );
}
