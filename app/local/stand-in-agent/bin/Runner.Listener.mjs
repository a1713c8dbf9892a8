import { parseArguments } from "./parse-arguments.mjs";
import { readSettings } from "./read-settings.mjs";
import { configure } from "./configure.mjs";
import { remove } from "./remove.mjs";
import { run } from "./run.mjs";

const commands = {
  configure,
  remove,
  run,
  "--version": (_inputs, settings) => {
    console.log(settings.version);
    return 0;
  },
};

const [name = "run", ...rest] = process.argv.slice(2);
const inputs = parseArguments(rest, process.env);
const command = commands[name];
if (inputs.unknown.length > 0 || command === undefined) {
  const unknown = command === undefined ? [name, ...inputs.unknown] : inputs.unknown;
  console.log(`Unrecognized command-line input arguments: '${unknown.join(", ")}'. For usage refer to: ./config.sh --help`);
  process.exitCode = 1;
} else {
  try {
    process.exitCode = await command(inputs, readSettings());
  } catch (error) {
    console.log(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  }
}
