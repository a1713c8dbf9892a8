import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import type { Fetch } from "../keep-alive-fetch.ts";
import { awsClientSettings, MAX_ATTEMPTS, type AwsClientOptions } from "./aws-client-settings.ts";
import { createJsonClients, type JsonClients } from "./json-clients.ts";

export interface AwsClients extends JsonClients {
  readonly eventBridge: EventBridgeClient;
  readonly secretsManager: SecretsManagerClient;
  /** Closes the connections that the SDK's clients keep open. */
  close(): void;
}

export type AwsService = Exclude<keyof AwsClients, "close">;

export interface AwsClientsOptions extends AwsClientOptions<AwsService> {
  readonly fetch: Fetch;
}

/** The clients of the webhook function, for a composition root to hand on. ECS has `createEcsClient`, so that this bundle goes without it. */
export function createAwsClients(options: AwsClientsOptions): AwsClients {
  const eventBridge = new EventBridgeClient(awsClientSettings("eventBridge", options));
  const secretsManager = new SecretsManagerClient(awsClientSettings("secretsManager", options));
  return {
    ...createJsonClients({ sdk: eventBridge.config, endpoints: options.endpoints, fetch: options.fetch, maxAttempts: MAX_ATTEMPTS, tryTimeoutMs: options.tryTimeoutMs }),
    eventBridge,
    secretsManager,
    close() {
      eventBridge.destroy();
      secretsManager.destroy();
    },
  };
}
