import { GetFunctionConfigurationCommand, type LambdaClient } from "@aws-sdk/client-lambda";
import { ConfigError, readFunctionConfig, type FunctionConfig } from "../config.ts";
import { OperatorError, operatorError } from "./aws-trouble.ts";
import type { DeployedStack } from "./deployed-stack.ts";

/** What a deployed stack runs with, as its webhook function has it: GitHub's host, profiles, prefix. Fails with `OperatorError`. */
export async function readDeployedSettings(client: LambdaClient, stack: DeployedStack): Promise<FunctionConfig> {
  const FunctionName = stack.output("WebhookFunctionName");
  let environment: Record<string, string>;
  try {
    environment = (await client.send(new GetFunctionConfigurationCommand({ FunctionName }))).Environment?.Variables ?? {};
  } catch (error) {
    throw operatorError(`read the settings of the function ${FunctionName}`, error);
  }
  try {
    return readFunctionConfig(environment);
  } catch (error) {
    if (error instanceof ConfigError) throw new OperatorError(`The function ${FunctionName} was deployed by another version of Baton: ${error.message}\nRun npm run deploy, then this again.`);
    throw error;
  }
}
