import type { HookDelivery } from "../../app/core/observation.ts";
import { TEST_NOW } from "./a-workflow-job-event.ts";

/** A `queued` delivery of installation 4711 that we answered with 503. */
export function aHookDelivery(overrides: Partial<HookDelivery> = {}): HookDelivery {
  return {
    id: "1",
    guid: "guid-1",
    event: "workflow_job",
    action: "queued",
    installationId: "4711",
    repositoryId: "1296269",
    deliveredAt: TEST_NOW,
    statusCode: 503,
    status: "Invalid HTTP Response: 503",
    redelivery: false,
    ...overrides,
  };
}
