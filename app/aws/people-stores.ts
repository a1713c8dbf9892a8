import type { AdminRequestStore, JobDirectory, RoundSightingsStore, UsageStore } from "../ports.ts";
import { createDynamoAdminRequestStore } from "./admin-request-store.ts";
import { createDynamoJobDirectory } from "./job-directory.ts";
import { createDynamoRoundSightingsStore } from "./round-sightings-store.ts";
import type { CheckedTableAccess } from "./table-access.ts";
import { createDynamoUsageStore } from "./usage-store.ts";

/** What the reconciler and the admin pages tell each other by. */
export interface PeopleStores {
  readonly directory: JobDirectory;
  readonly sightings: RoundSightingsStore;
  readonly usage: UsageStore;
  readonly requests: AdminRequestStore;
}

export function createDynamoPeopleStores(table: CheckedTableAccess): PeopleStores {
  return {
    directory: createDynamoJobDirectory(table),
    sightings: createDynamoRoundSightingsStore(table),
    usage: createDynamoUsageStore(table),
    requests: createDynamoAdminRequestStore(table),
  };
}
