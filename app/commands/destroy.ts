/** `npm run destroy`: see `--help`. */
import { Command, InvalidArgumentError } from "commander";
import { readOperatorConfig } from "../config.ts";
import { OperatorError } from "../operator/aws-trouble.ts";
import { findStack } from "../operator/deployed-stack.ts";
import { carryOut } from "../operator/destroy/carry-out-removal.ts";
import { findApp } from "../operator/destroy/find-app.ts";
import { findLeftovers } from "../operator/destroy/find-leftovers.ts";
import { observeStack } from "../operator/destroy/observe-stack.ts";
import { runDestroy } from "../operator/destroy/run-destroy.ts";
import { createLiveLine } from "../operator/live-line.ts";
import { createOperatorClients } from "../operator/operator-clients.ts";
import { createTerminal } from "../operator/terminal.ts";
import { endOnSignals, runCommand } from "./run-command.ts";

interface Options {
  readonly stack: string;
  readonly list: boolean;
  readonly yes: boolean;
  readonly recoveryDays: number;
  readonly interval: number;
  readonly json: boolean;
}

const command = new Command("npm run destroy --")
  .description("Removes a deployed stack and everything it made, job records and logs included, after having said what that is.")
  .option("--stack <name>", "the stack; its ARN finds what one that is gone has kept", "Baton")
  .option("--list", "only say what would be removed", false)
  .option("-y, --yes", "do not ask for the stack's name to be typed", false)
  .option("--recovery-days <days>", "how long a secret that the stack keeps can be restored, 7 to 30", recoveryDays, 7)
  .option("--interval <seconds>", "between two looks at what AWS is doing", positive, 5)
  .option("--json", "print the outcome as one JSON object and nothing else; goes with --yes or --list", false)
  .addHelpText("after", "\nWhat goes wrong is said with the command that goes on from there. Jobs that run are stopped and fail.");

await runCommand(async () => {
  const options = command.parse().opts<Options>();
  const config = readOperatorConfig();
  const { signal } = endOnSignals();
  const terminal = createTerminal({ json: options.json, signal });
  const aws = createOperatorClients({ region: config.awsRegion, endpoints: config.awsEndpoints });
  try {
    const region = await aws.cloudFormation.config.region().catch(() => "");
    const stack = await findStack(aws.cloudFormation, options.stack);
    if (!stack) throw new OperatorError(`There is no stack "${options.stack}" in ${region}. If it has another name or region, say so: --stack NAME, AWS_REGION=….`);
    const [contents, app] = await Promise.all([observeStack(aws, stack), findApp(aws, stack)]);
    const line = createLiveLine(process.stdout, process.stdout.isTTY === true && !options.json);
    const tools = { clients: aws, stack, recoveryDays: options.recoveryDays, pollMs: options.interval * 1000, clock: Date.now, waiting: (text: string) => line.show(`  … ${text}`) };
    const outcome = await runDestroy({
      contents,
      place: `region ${region}`,
      carryOut: async (action) => {
        if (signal.aborted) throw new OperatorError("Interrupted.");
        await carryOut(action, tools);
      },
      // By its ARN a stack can still be asked for what it kept when it is gone; its name cannot.
      again: `npm run destroy -- --stack ${stack.arn}`,
      leftovers: () => findLeftovers(aws, contents, app),
      terminal,
      line,
      yes: options.yes,
      listOnly: options.list,
    });
    if (options.json) terminal.json(outcome);
    return 0;
  } finally {
    aws.close();
  }
});

function recoveryDays(text: string): number {
  const days = Number(text);
  if (!Number.isInteger(days) || days < 7 || days > 30) throw new InvalidArgumentError("Secrets Manager takes 7 to 30 days.");
  return days;
}

function positive(text: string): number {
  const number = Number(text);
  if (!Number.isFinite(number) || number <= 0) throw new InvalidArgumentError("It has to be a number above 0.");
  return number;
}
