/** What the composition roots of the admin pages have in common: the function's and the laptop's. */
import type { ECSClient } from "@aws-sdk/client-ecs";
import type { AdminWorld } from "./admin/admin-world.ts";
import { createDynamoAdminRequestStore } from "./aws/admin-request-store.ts";
import { createDynamoImageRecordStore } from "./aws/image-record-store.ts";
import { createDynamoJobDirectory } from "./aws/job-directory.ts";
import { createDynamoJobStore } from "./aws/job-store.ts";
import type { JsonClient } from "./aws/json-client.ts";
import { createDynamoRoundSightingsStore } from "./aws/round-sightings-store.ts";
import { createEcsRunnerTasks } from "./aws/runner-tasks.ts";
import { createDynamoUsageStore } from "./aws/usage-store.ts";
import { createGithubAsUser } from "./github/github-as-user.ts";
import { createGithubSignIn } from "./github/github-sign-in.ts";
import type { Fetch } from "./keep-alive-fetch.ts";

export interface AdminParts
  extends Pick<AdminWorld, "profiles" | "runnerNamePrefix" | "github" | "oauth" | "oauthAdvice" | "clientAddress" | "links" | "deployment" | "clock" | "log"> {
  readonly dynamoDb: JsonClient;
  readonly jobsTable: string;
  readonly ecs: ECSClient;
  readonly cluster: string;
  readonly fetch: Fetch;
  /** Something keeps the runner image up to date, and a record of it. */
  readonly watchesImage: boolean;
  /** For each call to AWS, milliseconds. */
  readonly callTimeoutMs: number;
}

export function createAdminWorld(parts: AdminParts): AdminWorld {
  const { watchesImage, dynamoDb, jobsTable, ecs, cluster, fetch, callTimeoutMs, github, clock, log } = parts;
  const table = { client: dynamoDb, tableName: jobsTable, callTimeoutMs, log };
  return {
    ...parts,
    store: createDynamoJobStore(table),
    directory: createDynamoJobDirectory(table),
    sightings: createDynamoRoundSightingsStore(table),
    usage: createDynamoUsageStore(table),
    requests: createDynamoAdminRequestStore(table),
    images: watchesImage ? createDynamoImageRecordStore(table) : null,
    tasks: createEcsRunnerTasks({ client: ecs, cluster, clock, callTimeoutMs }),
    readerFor: createGithubAsUser({ apiUrl: github.apiUrl, fetch, clock }),
    signIn: createGithubSignIn({ ...github, fetch }),
  };
}
