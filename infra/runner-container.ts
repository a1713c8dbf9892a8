import type { LaunchRunner } from "../app/core/launch-event.ts";

/** Name of the one container of every task definition; a rule's overrides must name it. */
export const RUNNER_CONTAINER_NAME = "runner";

/** The container's contract: environment variable → member of the event's `detail.runner`. */
export const RUNNER_ENVIRONMENT = {
  RUNNER_NAME: "name",
  RUNNER_URL: "url",
  RUNNER_LABELS: "labels",
  RUNNER_GROUP: "group",
  RUNNER_REGISTRATION: "registration",
  RUNNER_CREDENTIAL: "credential",
  RUNNER_JOB_ID: "jobId",
  RUNNER_LAUNCH: "launch",
  RUNNER_TARGET: "target",
  RUNNER_IDLE_TIMEOUT_SECONDS: "idleTimeoutSeconds",
} as const satisfies Record<string, keyof LaunchRunner>;
