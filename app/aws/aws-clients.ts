import { partition } from "@aws-sdk/core/client";
import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import type { Fetch } from "../keep-alive-fetch.ts";
import { awsClientSettings, MAX_ATTEMPTS, type AwsClientOptions } from "./aws-client-settings.ts";
import { createJsonClient, DYNAMODB, KMS, type JsonClient, type JsonService } from "./json-client.ts";

export interface AwsClients {
  readonly dynamoDb: JsonClient;
  readonly eventBridge: EventBridgeClient;
  readonly kms: JsonClient;
  readonly secretsManager: SecretsManagerClient;
  /** Closes the connections that the SDK's clients keep open. */
  close(): void;
}

export type AwsService = Exclude<keyof AwsClients, "close">;

export interface AwsClientsOptions extends AwsClientOptions<AwsService> {
  readonly fetch: Fetch;
}

/**
 * The clients of the webhook function, for a composition root to hand on. ECS has `createEcsClient`, so that this bundle goes without it.
 * DynamoDB and KMS find region, credentials and FIPS as the SDK's client of EventBridge does.
 */
export function createAwsClients(options: AwsClientsOptions): AwsClients {
  const eventBridge = new EventBridgeClient(awsClientSettings("eventBridge", options));
  const secretsManager = new SecretsManagerClient(awsClientSettings("secretsManager", options));
  const { region, credentials, useFipsEndpoint } = eventBridge.config;

  const jsonClient = (service: JsonService, configured: string | undefined): JsonClient => {
    let found: URL | null = configured === undefined ? null : new URL(configured);
    const endpoint = async () => {
      if (found) return found;
      const home = await region();
      const host = `${service.name}${(await useFipsEndpoint()) ? "-fips" : ""}.${home}.${partition(home).dnsSuffix}`;
      found = new URL(`https://${host}/`);
      return found;
    };
    return createJsonClient({ service, endpoint, region, credentials, fetch: options.fetch, maxAttempts: MAX_ATTEMPTS });
  };

  return {
    dynamoDb: jsonClient(DYNAMODB, options.endpoints?.dynamoDb),
    eventBridge,
    kms: jsonClient(KMS, options.endpoints?.kms),
    secretsManager,
    close() {
      eventBridge.destroy();
      secretsManager.destroy();
    },
  };
}
