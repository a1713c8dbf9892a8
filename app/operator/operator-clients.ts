import { AutoScalingClient } from "@aws-sdk/client-auto-scaling";
import { CloudFormationClient } from "@aws-sdk/client-cloudformation";
import { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import { CodeCommitClient } from "@aws-sdk/client-codecommit";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { ECRClient } from "@aws-sdk/client-ecr";
import { ECSClient } from "@aws-sdk/client-ecs";
import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { IAMClient } from "@aws-sdk/client-iam";
import { KMSClient } from "@aws-sdk/client-kms";
import { LambdaClient } from "@aws-sdk/client-lambda";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { ServiceQuotasClient } from "@aws-sdk/client-service-quotas";
import { STSClient } from "@aws-sdk/client-sts";

export interface OperatorAwsOptions {
  /** `null`: what the SDK finds in the profile. */
  readonly region: string | null;
}

/** A person waits, and a throttled call is better tried again than reported. */
const MAX_ATTEMPTS = 4;
const CONNECT_TIMEOUT_MS = 5_000;
const REQUEST_TIMEOUT_MS = 20_000;

/** AWS as the operator reaches it, by the credentials of their shell. Never part of a function's bundle. */
export function createOperatorClients({ region }: OperatorAwsOptions) {
  const settings = {
    maxAttempts: MAX_ATTEMPTS,
    requestHandler: { connectionTimeout: CONNECT_TIMEOUT_MS, requestTimeout: REQUEST_TIMEOUT_MS, throwOnRequestTimeout: true },
    ...(region !== null && { region }),
  };
  const clients = {
    autoScaling: new AutoScalingClient(settings),
    cloudFormation: new CloudFormationClient(settings),
    codeCommit: new CodeCommitClient(settings),
    dynamoDb: new DynamoDBClient(settings),
    ecr: new ECRClient(settings),
    ecs: new ECSClient(settings),
    eventBridge: new EventBridgeClient(settings),
    // A global service that answers in every region; the SDK wants one all the same.
    iam: new IAMClient(settings),
    kms: new KMSClient(settings),
    lambda: new LambdaClient(settings),
    logs: new CloudWatchLogsClient(settings),
    secretsManager: new SecretsManagerClient(settings),
    serviceQuotas: new ServiceQuotasClient(settings),
    sts: new STSClient(settings),
  };
  return {
    ...clients,
    close() {
      for (const client of Object.values(clients)) client.destroy();
    },
  };
}

export type OperatorClients = ReturnType<typeof createOperatorClients>;
