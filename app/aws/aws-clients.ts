import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { KMSClient } from "@aws-sdk/client-kms";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { awsClientSettings, type AwsClientOptions } from "./aws-client-settings.ts";

export interface AwsClients {
  readonly dynamoDb: DynamoDBClient;
  readonly eventBridge: EventBridgeClient;
  readonly kms: KMSClient;
  readonly secretsManager: SecretsManagerClient;
  /** Closes the connections that are kept open. */
  close(): void;
}

export type AwsService = Exclude<keyof AwsClients, "close">;

/** The clients of the webhook function, for a composition root to hand on. ECS has `createEcsClient`, so that this bundle goes without it. */
export function createAwsClients(options: AwsClientOptions<AwsService> = {}): AwsClients {
  const clients = {
    dynamoDb: new DynamoDBClient(awsClientSettings("dynamoDb", options)),
    eventBridge: new EventBridgeClient(awsClientSettings("eventBridge", options)),
    kms: new KMSClient(awsClientSettings("kms", options)),
    secretsManager: new SecretsManagerClient(awsClientSettings("secretsManager", options)),
  };
  return {
    ...clients,
    close() {
      for (const client of Object.values(clients)) client.destroy();
    },
  };
}
