import { ListTablesCommand } from "@aws-sdk/client-dynamodb";
import { PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { ListTasksCommand } from "@aws-sdk/client-ecs";
import { EncryptCommand } from "@aws-sdk/client-kms";
import { GetSecretValueCommand } from "@aws-sdk/client-secrets-manager";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createAwsClients } from "../../app/aws/aws-clients.ts";
import { createEcsClient } from "../../app/aws/ecs-client.ts";
import { startStubHttpServer, type StubHttpServer } from "../support/stub-http-server.ts";

const local = { region: "eu-west-1", credentials: { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "example" } };

describe("clients of AWS", () => {
  let server: StubHttpServer;
  beforeEach(async () => {
    server = await startStubHttpServer();
  });
  afterEach(() => server.close());

  it("call the endpoint of their own service with the credentials given", async () => {
    server.answer({}, {}, {}, {}, {});
    const at = (path: string) => `${server.origin}/${path}`;
    const clients = createAwsClients({
      ...local,
      endpoints: { dynamoDb: at("dynamodb"), eventBridge: at("events"), kms: at("kms"), secretsManager: at("secrets") },
    });
    const ecs = createEcsClient({ ...local, endpoints: { ecs: at("ecs") } });
    await clients.dynamoDb.send(new ListTablesCommand({}));
    await clients.eventBridge.send(new PutEventsCommand({ Entries: [] }));
    await clients.kms.send(new EncryptCommand({ KeyId: "k", Plaintext: Buffer.from("x") }));
    await clients.secretsManager.send(new GetSecretValueCommand({ SecretId: "s" }));
    await ecs.send(new ListTasksCommand({}));
    clients.close();
    ecs.destroy();
    expect(server.requests.map((request) => request.path.replaceAll("/", ""))).toEqual(["dynamodb", "events", "kms", "secrets", "ecs"]);
    for (const { headers } of server.requests) expect(headers.authorization).toContain("Credential=AKIDEXAMPLE/");
  });

  it("try a failing call twice in all", async () => {
    const failing = { status: 500, json: { __type: "InternalServerError" } };
    server.answer(failing, failing, {});
    const clients = createAwsClients({ ...local, endpoints: { dynamoDb: server.origin } });
    await expect(clients.dynamoDb.send(new ListTablesCommand({}))).rejects.toMatchObject({ name: "InternalServerError" });
    clients.close();
    expect(server.requests).toHaveLength(2);
  });

  it("keep a connection for the next call", async () => {
    server.answer({}, {});
    const clients = createAwsClients({ ...local, endpoints: { dynamoDb: server.origin } });
    await clients.dynamoDb.send(new ListTablesCommand({}));
    await clients.dynamoDb.send(new ListTablesCommand({}));
    clients.close();
    expect(server.connections()).toBe(1);
  });
});
