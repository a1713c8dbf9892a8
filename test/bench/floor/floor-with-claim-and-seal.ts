import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { createJsonClients } from "../../../app/aws/json-clients.ts";
import { createKeepAliveFetch } from "../../../app/keep-alive-fetch.ts";
import { createFloor } from "./create-floor.ts";

const environment = process.env;
const origin = environment["AWS_ENDPOINT_URL"];
// By the same small client as Baton's own: the SDK's would make the floor higher.
const { dynamoDb, kms } = createJsonClients({
  sdk: new EventBridgeClient().config,
  ...(origin !== undefined && { endpoints: { dynamoDb: origin, kms: origin } }),
  fetch: createKeepAliveFetch(),
  maxAttempts: 1,
});
const { signal } = new AbortController();

const serve = createFloor({
  claim: (jobId, payload) =>
    dynamoDb.call(
      "PutItem",
      {
        TableName: environment["JOBS_TABLE"],
        Item: { jobId: { S: String(jobId) }, payload: { S: JSON.stringify(payload) } },
        ConditionExpression: "attribute_not_exists(jobId)",
      },
      signal,
    ),
  seal: async (credential) => {
    const plaintext = Buffer.from(credential).toString("base64");
    const answer = await kms.call("Encrypt", { KeyId: environment["CREDENTIAL_KEY_ID"], Plaintext: plaintext }, signal);
    return (answer as { readonly CiphertextBlob: string }).CiphertextBlob;
  },
});

export function handler(event: Parameters<typeof serve>[0]): ReturnType<typeof serve> {
  return serve(event);
}
