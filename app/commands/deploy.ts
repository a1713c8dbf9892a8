/** `npm run deploy`: see `--help`. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { CreateServiceLinkedRoleCommand } from "@aws-sdk/client-iam";
import { Command, InvalidArgumentError } from "commander";
import { readRunnerProfiles } from "../../infra/read-runner-profiles.ts";
import { readStackSettings, reservedInAll } from "../../infra/stack-settings.ts";
import { environmentWith, readOperatorConfig } from "../config.ts";
import { OperatorError, operatorError } from "../operator/aws-trouble.ts";
import { createCdk } from "../operator/deploy/cdk.ts";
import { observeAccount } from "../operator/deploy/observe-account.ts";
import { runDeploy } from "../operator/deploy/run-deploy.ts";
import { createOperatorClients } from "../operator/operator-clients.ts";
import { createTerminal } from "../operator/terminal.ts";
import { endOnSignals, runCommand } from "./run-command.ts";

interface Options {
  readonly context: Readonly<Record<string, string>>;
  readonly check: boolean;
  readonly bootstrap: boolean;
  readonly yes: boolean;
  readonly force: boolean;
  readonly json: boolean;
}

const root = fileURLToPath(new URL("../../", import.meta.url));

const command = new Command("npm run deploy --")
  .description("Deploys Baton to your AWS account: first checks what an empty account trips over, then builds, synthesizes and runs the pinned cdk deploy.")
  .option("-c, --context <name=value>", "a setting of the stack (docs/settings.md); may be given several times", setting, {})
  .option("--check", "only look at the account, and say what stands against a deployment", false)
  .option("--bootstrap", "bootstrap CDK and create service-linked roles of AWS where the checks find them missing", false)
  .option("-y, --yes", "ask nothing, also not about changed permissions", false)
  .option("--force", "deploy in spite of what the checks call a stop", false)
  .option("--json", "print findings and outputs as one JSON object; what CDK says goes to standard error", false)
  .addHelpText("after", `
Credentials and region are those of your shell: AWS_PROFILE, AWS_REGION and their like.
Ends with 0 when the stack is deployed (with --check: when nothing stops a deployment), 1 otherwise.`);

await runCommand(async () => {
  const options = command.parse().opts<Options>();
  const [settings, profiles] = bothOrFaults(
    () => readStackSettings({ ...contextOfProject(), ...options.context }),
    () => readRunnerProfiles(`${root}infra/runner-profiles.yml`),
  );
  const config = readOperatorConfig();
  const { signal } = endOnSignals();
  const terminal = createTerminal({ json: options.json, signal });
  const aws = createOperatorClients({ region: config.awsRegion, endpoints: config.awsEndpoints });
  const wishes = { stackName: settings.stackName, imageSource: settings.imageSource, reservedConcurrency: reservedInAll(settings), profiles };
  try {
    const outcome = await runDeploy({
      wishes,
      context: options.context,
      observe: () => observeAccount(aws, wishes),
      cdk: createCdk({ root, environment: environmentWith(config.awsRegion === null ? {} : { AWS_REGION: config.awsRegion }), output: options.json ? "stderr" : "stdout", signal }),
      createServiceLinkedRole: async (service) => {
        await aws.iam.send(new CreateServiceLinkedRoleCommand({ AWSServiceName: service })).catch((error: unknown) => {
          throw operatorError(`create the service-linked role of ${service}`, error);
        });
      },
      terminal,
      checkOnly: options.check,
      prepare: options.bootstrap,
      yes: options.yes,
      force: options.force,
    });
    if (options.json) terminal.json(outcome);
    return outcome.ok ? 0 : 1;
  } finally {
    aws.close();
  }
});

/** Settings that cdk.json keeps, as the cdk CLI hands them over. */
function contextOfProject(): Readonly<Record<string, unknown>> {
  const { context = {} } = JSON.parse(readFileSync(`${root}cdk.json`, "utf8")) as { context?: Readonly<Record<string, unknown>> };
  return context;
}

/** The faults of both are told together. */
function bothOrFaults<One, Other>(one: () => One, other: () => Other): readonly [One, Other] {
  const faults: string[] = [];
  const attempt = <T>(read: () => T): T | null => {
    try {
      return read();
    } catch (error) {
      faults.push(error instanceof Error ? error.message : String(error));
      return null;
    }
  };
  const [first, second] = [attempt(one), attempt(other)];
  if (first === null || second === null) throw new OperatorError(faults.join("\n"));
  return [first, second];
}

function setting(text: string, before: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const at = text.indexOf("=");
  if (at < 1) throw new InvalidArgumentError("Write it as name=value.");
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
}
