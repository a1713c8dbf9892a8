const values = new Set(["url", "token", "name", "labels", "runnergroup", "work", "jitconfig", "pat", "startuptype"]);
const switches = new Set(["ephemeral", "disableupdate", "unattended", "replace", "no-default-labels", "once"]);
const environmentPrefix = "ACTIONS_RUNNER_INPUT_";

/**
 * `--name value`, `--switch`, and any of them as ACTIONS_RUNNER_INPUT_NAME, which is dropped from `environment` as the agent does.
 * @returns {{ text: Map<string, string>, on: Set<string>, unknown: string[] }}
 */
export function parseArguments(argv, environment) {
  const text = new Map();
  const on = new Set();
  const unknown = [];
  for (const [variable, value] of Object.entries(environment)) {
    if (!variable.startsWith(environmentPrefix)) continue;
    delete environment[variable];
    const name = variable.slice(environmentPrefix.length).toLowerCase();
    if (values.has(name)) text.set(name, value);
    else if (value === "true" || value === "1") on.add(name.replaceAll("_", "-"));
  }
  for (let index = 0; index < argv.length; index++) {
    const name = argv[index].replace(/^--/, "");
    if (argv[index].startsWith("--") && values.has(name)) text.set(name, argv[++index] ?? "");
    else if (argv[index].startsWith("--") && switches.has(name)) on.add(name);
    else unknown.push(argv[index]);
  }
  return { text, on, unknown };
}
