import { describe, expect, it } from "vitest";
import { createDynamoJobStore } from "../../app/aws/job-store.ts";
import { DYNAMODB } from "../../app/aws/json-client.ts";
import { createDynamoRoundLease } from "../../app/aws/round-lease.ts";
import { startEmbeddedDynamoDb } from "../../app/local/embedded-dynamodb.ts";
import { StoreError } from "../../app/ports.ts";
import { TEST_NOW } from "../support/a-workflow-job-event.ts";
import { createRecordingLog } from "../support/recording-log.ts";
import { rejectionOf } from "../support/rejection-of.ts";
import { describeRoundLease } from "../support/round-lease-contract.ts";
import { jsonClientAt, useStubAws } from "../support/use-stub-aws.ts";

describeRoundLease("round lease on DynamoDB", async () => {
  const database = await startEmbeddedDynamoDb({ tableName: "jobs" });
  const client = jsonClientAt(DYNAMODB, database.endpoint);
  return {
    lease: createDynamoRoundLease({ client, tableName: "jobs", callTimeoutMs: 5_000 }),
    close: () => database.close(),
  };
});

describe("the lease's item", () => {
  const aws = useStubAws();
  const lease = () => createDynamoRoundLease({ client: aws.jsonClient(DYNAMODB), tableName: "jobs", callTimeoutMs: 5_000 });

  it("is no open job, and is forgotten by itself after it ran out", async () => {
    aws.server().answer({ json: {} });
    await lease().take("one", TEST_NOW, TEST_NOW + 130_500);
    expect(aws.server().requests[0]?.json()).toMatchObject({
      Item: { jobId: { S: "lease:reconcile-round" }, holder: { S: "one" }, until: { N: String(TEST_NOW + 130_500) }, expiresAt: { N: String(Math.ceil((TEST_NOW + 130_500) / 1000)) } },
      ConditionExpression: "attribute_not_exists(#id) OR #until <= :now OR #holder = :holder",
    });
  });

  it("is not among the open jobs of the table it lives in", async () => {
    const database = await startEmbeddedDynamoDb({ tableName: "jobs" });
    const client = jsonClientAt(DYNAMODB, database.endpoint);
    await createDynamoRoundLease({ client, tableName: "jobs", callTimeoutMs: 5_000 }).take("one", TEST_NOW, TEST_NOW + 1);
    expect(await createDynamoJobStore({ client, tableName: "jobs", callTimeoutMs: 5_000, log: createRecordingLog() }).listOpen()).toEqual([]);
    await database.close();
  });

  it("fails in our own words when DynamoDB does", async () => {
    aws.server().answer({ status: 400, json: { __type: "com.amazonaws.dynamodb.v20120810#AccessDeniedException", message: "no" } });
    expect(await rejectionOf(lease().take("one", 0, 1), StoreError)).toMatchObject({ reason: "store-refused", retryable: false });
  });
});
