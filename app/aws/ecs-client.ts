import { ECSClient } from "@aws-sdk/client-ecs";
import { awsClientSettings, type AwsClientOptions } from "./aws-client-settings.ts";

/** For the reconciler. Closes its connections by `destroy()`. */
export function createEcsClient(options: AwsClientOptions<"ecs"> = {}): ECSClient {
  return new ECSClient(awsClientSettings("ecs", options));
}
