import type { Probot } from "probot";
import type { Log } from "../ports.ts";
import { errorFacts } from "./error-facts.ts";

/**
 * Our log in the shape Probot wants (pino's). Below `warn` Probot and its Octokit log whole deliveries and request bodies, so those levels
 * go nowhere, and of what remains only the message is kept.
 */
export function createProbotLog(log: Log): Probot["log"] {
  const write = (level: "warn" | "error") => (facts: unknown, message?: string) => {
    const said = typeof facts === "string" ? facts : (message ?? "Probot reports a failure");
    const error = facts instanceof Error ? facts : (facts as { err?: unknown } | null)?.err;
    log[level](error instanceof Error ? errorFacts(error) : {}, said);
  };
  const probotLog = {
    level: "warn",
    trace: silent,
    debug: silent,
    info: silent,
    warn: write("warn"),
    error: write("error"),
    fatal: write("error"),
    silent,
    child: () => probotLog,
  };
  return probotLog as unknown as Probot["log"];
}

function silent(): void {}
