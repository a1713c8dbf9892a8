import { randomUUID } from "node:crypto";
import type { AdminRequest } from "../../app/core/admin-request.ts";
import { TEST_NOW } from "./a-workflow-job-event.ts";

/** A wish of `octocat`'s to launch job 42 of installation 4711 again. */
export function anAdminRequest(overrides: Partial<AdminRequest> = {}): AdminRequest {
  return {
    id: randomUUID(),
    wish: { kind: "launch-again", jobId: "42" },
    installationId: "4711",
    by: { login: "octocat", id: "583231" },
    askedAt: TEST_NOW,
    state: "asked",
    outcome: "",
    settledAt: null,
    ...overrides,
  };
}
