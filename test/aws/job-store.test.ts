import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { createDynamoJobStore } from "../../app/aws/job-store.ts";
import { startEmbeddedDynamoDb } from "../../app/local/embedded-dynamodb.ts";
import { describeJobStore } from "../support/job-store-contract.ts";
import { createRecordingLog } from "../support/recording-log.ts";

describeJobStore("job store on DynamoDB", async () => {
  const database = await startEmbeddedDynamoDb({ tableName: "jobs" });
  const client = new DynamoDBClient({ endpoint: database.endpoint, region: "eu-west-1", credentials: { accessKeyId: "a", secretAccessKey: "b" } });
  return {
    store: createDynamoJobStore({ client, tableName: "jobs", callTimeoutMs: 5_000, log: createRecordingLog() }),
    async close() {
      client.destroy();
      await database.close();
    },
  };
});
