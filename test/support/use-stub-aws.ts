import { afterEach, beforeEach } from "vitest";
import { awsClientSettings, MAX_ATTEMPTS } from "../../app/aws/aws-client-settings.ts";
import { createJsonClient, type JsonClient, type JsonService } from "../../app/aws/json-client.ts";
import { createKeepAliveFetch } from "../../app/keep-alive-fetch.ts";
import { startStubHttpServer, type StubHttpServer } from "./stub-http-server.ts";

type Settings = ReturnType<typeof awsClientSettings> & { readonly endpoint: string };

export interface StubAws {
  /** The server of the running test. */
  server(): StubHttpServer;
  /** A client of the SDK, set up as in production but for where it calls, and closed after the test. */
  client<Client extends { destroy(): void }>(Kind: new (settings: Settings) => Client, tryTimeoutMs?: number): Client;
  /** The same for a service whose JSON is written here. */
  jsonClient(service: JsonService, tryTimeoutMs?: number): JsonClient;
}

const CREDENTIALS = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "example" };

/** A client of one service at another address, set up as in production. */
export function jsonClientAt(service: JsonService, origin: string, tryTimeoutMs?: number): JsonClient {
  return createJsonClient({ service, endpoint: async () => new URL(origin), region: "eu-west-1", credentials: CREDENTIALS, fetch: createKeepAliveFetch(), maxAttempts: MAX_ATTEMPTS, tryTimeoutMs });
}

/** A stub in AWS's place for each test of the file. */
export function useStubAws(): StubAws {
  let server: StubHttpServer;
  let clients: { destroy(): void }[] = [];

  beforeEach(async () => {
    server = await startStubHttpServer();
  });
  afterEach(async () => {
    for (const client of clients) client.destroy();
    clients = [];
    await server.close();
  });

  return {
    server: () => server,
    client(Kind, tryTimeoutMs) {
      const settings = awsClientSettings("any", {
        region: "eu-west-1",
        endpoints: { any: server.origin },
        credentials: CREDENTIALS,
        tryTimeoutMs,
      });
      const client = new Kind({ ...settings, endpoint: server.origin });
      clients.push(client);
      return client;
    },
    jsonClient: (service, tryTimeoutMs) => jsonClientAt(service, server.origin, tryTimeoutMs),
  };
}
