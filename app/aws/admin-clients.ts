import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import type { Fetch } from "../keep-alive-fetch.ts";
import { awsClientSettings, MAX_ATTEMPTS, type AwsClientOptions } from "./aws-client-settings.ts";
import { createJsonClients, type JsonClients } from "./json-clients.ts";

export interface AdminClients extends Pick<JsonClients, "dynamoDb"> {
  readonly secretsManager: SecretsManagerClient;
}

/** The clients of the admin function, which puts no events. */
export function createAdminClients(options: AwsClientOptions<"secretsManager" | "dynamoDb"> & { readonly fetch: Fetch }): AdminClients {
  const secretsManager = new SecretsManagerClient(awsClientSettings("secretsManager", options));
  const { dynamoDb } = createJsonClients({ sdk: secretsManager.config, endpoints: options.endpoints, fetch: options.fetch, maxAttempts: MAX_ATTEMPTS, tryTimeoutMs: options.tryTimeoutMs });
  return { dynamoDb, secretsManager };
}
