/** `tsx infra/app.ts [directory]`: writes the cloud assembly, to `cdk.out/` unless the cdk CLI says where it wants it. */
import { fileURLToPath } from "node:url";
import { readRunnerProfiles } from "./read-runner-profiles.ts";
import { defaultStackSettings } from "./stack-settings.ts";
import { synthesizeTemplate } from "./synthesize-template.ts";

const outputDirectory = process.argv[2] || fileURLToPath(new URL("../cdk.out", import.meta.url));
const profilesFile = fileURLToPath(new URL("./runner-profiles.yml", import.meta.url));

try {
  const { stackName } = synthesizeTemplate(readRunnerProfiles(profilesFile), defaultStackSettings, outputDirectory);
  console.log(`${outputDirectory}/${stackName}.template.json`);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
