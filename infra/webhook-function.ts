import { Duration } from "aws-cdk-lib";
import { FunctionUrlAuthType, type Function as LambdaFunction } from "aws-cdk-lib/aws-lambda";
import type { LogGroup } from "aws-cdk-lib/aws-logs";
import { Construct } from "constructs";
import { acknowledge } from "./acknowledge.ts";
import type { AppSecrets } from "./app-secrets.ts";
import { BatonFunction } from "./baton-function.ts";
import type { CredentialKey } from "./credential-key.ts";
import type { FunctionCode } from "./function-code.ts";
import type { JobEventBus } from "./job-event-bus.ts";
import type { JobsTable } from "./jobs-table.ts";

export interface WebhookFunctionProps {
  readonly code: FunctionCode;
  readonly environment: Readonly<Record<string, string>>;
  readonly secrets: AppSecrets;
  readonly credentialKey: CredentialKey;
  readonly bus: JobEventBus;
  readonly jobs: JobsTable;
  /** `null` leaves the account's own limit; new accounts have too little to reserve any. */
  readonly reservedConcurrency: number | null;
  readonly logRetentionDays: number;
}

/** Receives GitHub's webhooks on a Function URL: decides, claims, mints, seals and publishes. */
export class WebhookFunction extends Construct {
  readonly function: LambdaFunction;
  readonly logGroup: LogGroup;
  /** `https://….lambda-url.REGION.on.aws/`. */
  readonly url: string;

  constructor(scope: Construct, id: string, props: WebhookFunctionProps) {
    super(scope, id);
    const { function: receiver, logGroup } = new BatonFunction(this, "Webhook", {
      name: "webhook",
      code: props.code,
      description: "Baton: receives workflow_job and launches a runner for each job",
      // GitHub gives up at 10 s; one delivery has 7 s, and what is over is for the start of the function.
      timeout: Duration.seconds(9),
      memorySize: 1024,
      environment: props.environment,
      logRetentionDays: props.logRetentionDays,
      reservedConcurrency: props.reservedConcurrency,
    });
    this.function = receiver;
    this.logGroup = logGroup;

    props.secrets.grantReadApp(receiver);
    props.jobs.grantLaunching(receiver);
    props.credentialKey.grantSeal(receiver);
    props.bus.grantPublish(receiver);

    // GitHub cannot sign with AWS credentials; its HMAC over the body is the gate, checked before anything is called.
    this.url = receiver.addFunctionUrl({ authType: FunctionUrlAuthType.NONE }).url;
    const why = "GitHub cannot sign with AWS's credentials; the function checks GitHub's own signature before it does anything";
    acknowledge(receiver, {
      "cdk-validator-cfnguard::lambda_function_url_auth_check": why,
      "cdk-validator-cfnguard::lambda_function_public_access_prohibited_check": why,
    });
  }
}
