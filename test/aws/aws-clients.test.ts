import { PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { ListTasksCommand } from "@aws-sdk/client-ecs";
import { GetSecretValueCommand } from "@aws-sdk/client-secrets-manager";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createAwsClients } from "../../app/aws/aws-clients.ts";
import { createEcsClient } from "../../app/aws/ecs-client.ts";
import { createKeepAliveFetch, type Fetch } from "../../app/keep-alive-fetch.ts";
import { startStubHttpServer, type StubHttpServer } from "../support/stub-http-server.ts";

const local = { region: "eu-west-1", credentials: { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "example" }, fetch: createKeepAliveFetch() };
const signal = AbortSignal.timeout(60_000);

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
    await clients.dynamoDb.call("ListTables", {}, signal);
    await clients.eventBridge.send(new PutEventsCommand({ Entries: [] }));
    await clients.kms.call("Encrypt", {}, signal);
    await clients.secretsManager.send(new GetSecretValueCommand({ SecretId: "s" }));
    await ecs.send(new ListTasksCommand({}));
    clients.close();
    ecs.destroy();
    expect(server.requests.map((request) => request.path.replaceAll("/", ""))).toEqual(["dynamodb", "events", "kms", "secrets", "ecs"]);
    for (const { headers } of server.requests) expect(headers.authorization).toContain("Credential=AKIDEXAMPLE/");
  });

  it("try a failing call twice in all", async () => {
    const failing = { status: 500, json: { __type: "InternalException" } };
    server.answer(failing, failing, {});
    const clients = createAwsClients({ ...local, endpoints: { eventBridge: server.origin } });
    await expect(clients.eventBridge.send(new PutEventsCommand({ Entries: [] }))).rejects.toMatchObject({ name: "InternalException" });
    clients.close();
    expect(server.requests).toHaveLength(2);
  });

  it.each([
    ["eu-west-1", false, "https://dynamodb.eu-west-1.amazonaws.com/", "https://kms.eu-west-1.amazonaws.com/"],
    ["us-gov-west-1", true, "https://dynamodb-fips.us-gov-west-1.amazonaws.com/", "https://kms-fips.us-gov-west-1.amazonaws.com/"],
    ["cn-north-1", false, "https://dynamodb.cn-north-1.amazonaws.com.cn/", "https://kms.cn-north-1.amazonaws.com.cn/"],
  ])("find DynamoDB and KMS where AWS has them in %s (FIPS: %s)", async (region, fips, dynamoDb, kms) => {
    const asked: string[] = [];
    const fetch: Fetch = async (url) => {
      asked.push(url);
      throw new Error("no call is made");
    };
    const before = process.env["AWS_USE_FIPS_ENDPOINT"];
    process.env["AWS_USE_FIPS_ENDPOINT"] = String(fips);
    const clients = createAwsClients({ ...local, region, fetch });
    await expect(clients.dynamoDb.call("ListTables", {}, signal)).rejects.toThrow("no call is made");
    await expect(clients.kms.call("Encrypt", {}, signal)).rejects.toThrow("no call is made");
    clients.close();
    if (before === undefined) delete process.env["AWS_USE_FIPS_ENDPOINT"];
    else process.env["AWS_USE_FIPS_ENDPOINT"] = before;
    expect(asked).toEqual([dynamoDb, kms]);
  });
});
