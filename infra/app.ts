/**
 * `tsx infra/app.ts [directory of built functions]`, for the cdk CLI (cdk.json), which `npm run synth` calls. Settings come by
 * `-c name=value` or from `context` in cdk.json.
 */
import { fileURLToPath } from "node:url";
import { App } from "aws-cdk-lib";
import { builtFunctionCode } from "./function-code.ts";
import { readRunnerProfiles } from "./read-runner-profiles.ts";
import { readStackSettings } from "./stack-settings.ts";
import { addBatonStack, CDK_CONTEXT } from "./synthesize-template.ts";

const builtFunctions = process.argv[2] ?? fileURLToPath(new URL("../dist", import.meta.url));
const profilesFile = fileURLToPath(new URL("./runner-profiles.yml", import.meta.url));

try {
  const app = new App({ context: CDK_CONTEXT, analyticsReporting: false });
  const settings = readStackSettings(app.node.getAllContext() as Record<string, unknown>);
  addBatonStack(app, readRunnerProfiles(profilesFile), settings, builtFunctionCode(builtFunctions));
  app.synth();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
