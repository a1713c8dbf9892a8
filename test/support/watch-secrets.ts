import { readdirSync, readFileSync } from "node:fs";
import type { GithubSimulator } from "../../app/local/github-simulator/github-simulator.ts";

/** Shorter than any process that is given a credential lives. */
const LOOK_MS = 50;

/** Members of GitHub's answers that let somebody in. */
const SECRET_MEMBERS = ["token", "encoded_jit_config"] as const;

export interface SecretsWatch {
  /** Every credential that went over the wire so far: installation tokens, registration tokens, JIT configs, App JWTs. */
  readonly secrets: ReadonlySet<string>;
  /** Command lines of all processes, as anybody on the machine can list them, seen while it watched. */
  readonly commandLines: ReadonlySet<string>;
  end(): void;
}

/** Notes what GitHub handed out, and looks over the machine's process list all the while. */
export function watchSecrets(github: GithubSimulator): SecretsWatch {
  const secrets = new Set<string>();
  const commandLines = new Set<string>();
  github.on("request", ({ requestHeaders, responseBody }) => {
    const authorization = String(requestHeaders["authorization"] ?? "").split(" ")[1];
    if (authorization) secrets.add(authorization);
    const answer = parse(responseBody);
    for (const member of SECRET_MEMBERS) if (typeof answer[member] === "string") secrets.add(answer[member]);
  });
  const look = setInterval(() => listCommandLines(commandLines), LOOK_MS);
  return { secrets, commandLines, end: () => clearInterval(look) };
}

function listCommandLines(into: Set<string>): void {
  for (const name of entriesOf("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      into.add(readFileSync(`/proc/${name}/cmdline`, "utf8").replaceAll("\0", " "));
    } catch {
      // Ended meanwhile.
    }
  }
}

/** Empty where there is no /proc (macOS). */
function entriesOf(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

function parse(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
