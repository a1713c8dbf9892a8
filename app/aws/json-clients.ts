import { partition } from "@aws-sdk/core/client";
import type { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import type { Fetch } from "../keep-alive-fetch.ts";
import { createJsonClient, DYNAMODB, KMS, type JsonClient, type JsonService } from "./json-client.ts";

export interface JsonClients {
  readonly dynamoDb: JsonClient;
  readonly kms: JsonClient;
}

export interface JsonClientsOptions {
  /** Of a client of the SDK: region, credentials and FIPS are found as it finds them. */
  readonly sdk: Pick<EventBridgeClient["config"], "region" | "credentials" | "useFipsEndpoint">;
  /** Where a service is found instead of at AWS. */
  readonly endpoints?: Readonly<Partial<Record<keyof JsonClients, string>>> | undefined;
  readonly fetch: Fetch;
  readonly maxAttempts: number;
  /** As for the SDK's clients. */
  readonly tryTimeoutMs?: number | undefined;
}

/** The services that are called without a client of the SDK. */
export function createJsonClients({ sdk, endpoints = {}, fetch, maxAttempts, tryTimeoutMs }: JsonClientsOptions): JsonClients {
  const clientOf = (service: JsonService, configured: string | undefined): JsonClient => {
    let found = configured === undefined ? null : new URL(configured);
    const endpoint = async () => (found ??= await usualEndpoint(service));
    return createJsonClient({ service, endpoint, region: sdk.region, credentials: sdk.credentials, fetch, maxAttempts, tryTimeoutMs });
  };
  const usualEndpoint = async (service: JsonService): Promise<URL> => {
    const region = await sdk.region();
    return new URL(`https://${service.name}${(await sdk.useFipsEndpoint()) ? "-fips" : ""}.${region}.${partition(region).dnsSuffix}/`);
  };
  return { dynamoDb: clientOf(DYNAMODB, endpoints.dynamoDb), kms: clientOf(KMS, endpoints.kms) };
}
