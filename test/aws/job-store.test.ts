import { createDynamoJobStore } from "../../app/aws/job-store.ts";
import { DYNAMODB } from "../../app/aws/json-client.ts";
import { startEmbeddedDynamoDb } from "../../app/local/embedded-dynamodb.ts";
import { describeJobStore } from "../support/job-store-contract.ts";
import { createRecordingLog } from "../support/recording-log.ts";
import { jsonClientAt } from "../support/use-stub-aws.ts";

describeJobStore("job store on DynamoDB", async () => {
  const database = await startEmbeddedDynamoDb({ tableName: "jobs" });
  return {
    store: createDynamoJobStore({ client: jsonClientAt(DYNAMODB, database.endpoint), tableName: "jobs", callTimeoutMs: 5_000, log: createRecordingLog() }),
    close: () => database.close(),
  };
});
