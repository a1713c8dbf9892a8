import { createAwsClients } from "../../app/aws/aws-clients.ts";
import { createDynamoJobStore } from "../../app/aws/job-store.ts";
import { createKeepAliveFetch } from "../../app/keep-alive-fetch.ts";
import { startEmbeddedDynamoDb } from "../../app/local/embedded-dynamodb.ts";
import { describeJobStore } from "../support/job-store-contract.ts";
import { createRecordingLog } from "../support/recording-log.ts";

describeJobStore("job store on DynamoDB", async () => {
  const database = await startEmbeddedDynamoDb({ tableName: "jobs" });
  const clients = createAwsClients({
    fetch: createKeepAliveFetch(),
    endpoints: { dynamoDb: database.endpoint },
    region: "eu-west-1",
    credentials: { accessKeyId: "a", secretAccessKey: "b" },
  });
  return {
    store: createDynamoJobStore({ client: clients.dynamoDb, tableName: "jobs", callTimeoutMs: 5_000, log: createRecordingLog() }),
    async close() {
      clients.close();
      await database.close();
    },
  };
});
