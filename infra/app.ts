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

const app = new App({ context: CDK_CONTEXT, analyticsReporting: false });
const faults: string[] = [];
const settings = orFault(() => readStackSettings(app.node.getAllContext() as Record<string, unknown>));
const profiles = orFault(() => readRunnerProfiles(profilesFile));
if (settings && profiles) {
  orFault(() => {
    addBatonStack(app, profiles, settings, builtFunctionCode(builtFunctions));
    app.synth();
  });
}
if (faults.length > 0) {
  console.error(faults.join("\n"));
  process.exitCode = 1;
}

/** The settings' faults and the profiles' are told together. */
function orFault<T>(attempt: () => T): T | null {
  try {
    return attempt();
  } catch (error) {
    faults.push(error instanceof Error ? error.message : String(error));
    return null;
  }
}
