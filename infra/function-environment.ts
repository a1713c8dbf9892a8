import type { RunnerProfiles } from "../app/core/runner-profiles.ts";
import { serializeRunnerProfiles } from "../app/parse-runner-profiles.ts";
import { FUNCTION_NODE_OPTIONS } from "./function-node-options.ts";
import type { StackSettings } from "./stack-settings.ts";

export interface FunctionEnvironmentProps {
  readonly settings: Pick<StackSettings, "runnerNamePrefix" | "githubApiUrl" | "logLevel">;
  readonly profiles: RunnerProfiles;
  readonly appSecretId: string;
  readonly eventBusName: string;
  readonly jobsTable: string;
  readonly credentialKeyId: string;
  readonly metricsNamespace: string;
}

/** What `readFunctionConfig` of app/config.ts reads, and Node's own options. */
export function functionEnvironment(props: FunctionEnvironmentProps): Record<string, string> {
  return {
    GITHUB_APP_SECRET_ID: props.appSecretId,
    EVENT_BUS_NAME: props.eventBusName,
    JOBS_TABLE: props.jobsTable,
    CREDENTIAL_KEY_ID: props.credentialKeyId,
    RUNNER_PROFILES: serializeRunnerProfiles(props.profiles),
    RUNNER_NAME_PREFIX: props.settings.runnerNamePrefix,
    GITHUB_API_URL: props.settings.githubApiUrl,
    METRICS_NAMESPACE: props.metricsNamespace,
    LOG_LEVEL: props.settings.logLevel,
    NODE_OPTIONS: FUNCTION_NODE_OPTIONS,
  };
}
