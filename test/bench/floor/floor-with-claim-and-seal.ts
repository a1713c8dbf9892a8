import { DynamoDBClient, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { EncryptCommand, KMSClient } from "@aws-sdk/client-kms";
import { createFloor } from "./create-floor.ts";

const environment = process.env;
const dynamoDb = new DynamoDBClient();
const kms = new KMSClient();

const serve = createFloor({
  claim: (jobId, payload) =>
    dynamoDb.send(
      new PutItemCommand({
        TableName: environment["JOBS_TABLE"],
        Item: { jobId: { S: String(jobId) }, payload: { S: JSON.stringify(payload) } },
        ConditionExpression: "attribute_not_exists(jobId)",
      }),
    ),
  seal: async (credential) => {
    const answer = await kms.send(new EncryptCommand({ KeyId: environment["CREDENTIAL_KEY_ID"], Plaintext: Buffer.from(credential) }));
    return Buffer.from(answer.CiphertextBlob ?? []).toString("base64");
  },
});

export function handler(event: Parameters<typeof serve>[0]): ReturnType<typeof serve> {
  return serve(event);
}
