import { AutoScalingClient } from "@aws-sdk/client-auto-scaling";
import { CloudFormationClient } from "@aws-sdk/client-cloudformation";
import { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import { CodeCommitClient } from "@aws-sdk/client-codecommit";
import { ECRClient } from "@aws-sdk/client-ecr";
import { ECSClient } from "@aws-sdk/client-ecs";
import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { IAMClient } from "@aws-sdk/client-iam";
import { LambdaClient } from "@aws-sdk/client-lambda";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { ServiceQuotasClient } from "@aws-sdk/client-service-quotas";
import { STSClient } from "@aws-sdk/client-sts";
import { createJsonClients, type JsonClientsOptions } from "../aws/json-clients.ts";
import { createKeepAliveFetch } from "../keep-alive-fetch.ts";

export interface OperatorAwsOptions {
  /** `null`: what the SDK finds in the profile. */
  readonly region: string | null;
  readonly endpoints: JsonClientsOptions["endpoints"];
}

/** A person waits, and a throttled call is better tried again than reported. */
const MAX_ATTEMPTS = 4;
const CONNECT_TIMEOUT_MS = 5_000;
const REQUEST_TIMEOUT_MS = 20_000;

/** AWS as the operator reaches it, by the credentials of their shell. Never part of a function's bundle. */
export function createOperatorClients({ region, endpoints }: OperatorAwsOptions) {
  const settings = {
    maxAttempts: MAX_ATTEMPTS,
    requestHandler: { connectionTimeout: CONNECT_TIMEOUT_MS, requestTimeout: REQUEST_TIMEOUT_MS, throwOnRequestTimeout: true },
    ...(region !== null && { region }),
  };
  const clients = {
    autoScaling: new AutoScalingClient(settings),
    cloudFormation: new CloudFormationClient(settings),
    codeCommit: new CodeCommitClient(settings),
    ecr: new ECRClient(settings),
    ecs: new ECSClient(settings),
    eventBridge: new EventBridgeClient(settings),
    // A global service that answers in every region; the SDK wants one all the same.
    iam: new IAMClient(settings),
    lambda: new LambdaClient(settings),
    logs: new CloudWatchLogsClient(settings),
    secretsManager: new SecretsManagerClient(settings),
    serviceQuotas: new ServiceQuotasClient(settings),
    sts: new STSClient(settings),
  };
  return {
    ...clients,
    ...createJsonClients({ sdk: clients.eventBridge.config, endpoints, fetch: createKeepAliveFetch(), maxAttempts: MAX_ATTEMPTS }),
    close() {
      for (const client of Object.values(clients)) client.destroy();
    },
  };
}

export type OperatorClients = ReturnType<typeof createOperatorClients>;
