import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import * as z from "zod";
import type { RunnerProfiles } from "../core/runner-profiles.ts";
import { parseRunnerProfiles } from "../parse-runner-profiles.ts";

/** A control plane that runs on this machine, for commands beside it. Addresses of this machine and settings; no secret. */
export interface PlaneNotice {
  readonly pid: number;
  /** What a person called: `npm start` or `npm run demo -- --keep`. */
  readonly startedBy: string;
  readonly github: { readonly apiUrl: string; readonly webOrigin: string };
  readonly runnerNamePrefix: string;
  readonly profiles: RunnerProfiles;
  readonly aws: { readonly dynamoDbUrl: string; readonly ecsUrl: string; readonly jobsTable: string; readonly cluster: string };
  /** Where GitHub sends the App's events; `null` where only whoever forwards them knows. */
  readonly hookUrl: string | null;
  /** The simulated GitHub's App, whose key is in a file; `null`: the App of `.env`. */
  readonly simulatedApp: { readonly appId: number; readonly privateKeyFile: string } | null;
}

/** Beside the jobs table; the last one that started here. */
const FILE = join(".baton", "local.json");

const schema = z.object({
  pid: z.int(),
  startedBy: z.string(),
  github: z.object({ apiUrl: z.url(), webOrigin: z.url() }),
  runnerNamePrefix: z.string(),
  profiles: z.unknown(),
  aws: z.object({ dynamoDbUrl: z.url(), ecsUrl: z.url(), jobsTable: z.string(), cluster: z.string() }),
  hookUrl: z.string().nullable(),
  simulatedApp: z.object({ appId: z.int(), privateKeyFile: z.string() }).nullable(),
});

/** Leaves the notice until `withdraw`, which leaves another process's alone. */
export function leavePlaneNotice(notice: PlaneNotice, directory = "."): { withdraw(): void } {
  const file = join(directory, FILE);
  mkdirSync(dirname(file), { recursive: true });
  // A file that is there keeps its mode.
  rmSync(file, { force: true });
  writeFileSync(file, `${JSON.stringify(notice)}\n`, { mode: 0o600 });
  return {
    withdraw() {
      if (readPlaneNotice(directory)?.pid === notice.pid) rmSync(file, { force: true });
    },
  };
}

/** `null` where no control plane runs in this directory: also when it ended without taking its notice back. */
export function readPlaneNotice(directory = "."): PlaneNotice | null {
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(join(directory, FILE), "utf8"));
  } catch {
    return null;
  }
  const parsed = schema.safeParse(json);
  const profiles = parsed.success ? parseRunnerProfiles(parsed.data.profiles) : null;
  return parsed.success && profiles?.ok === true && isAlive(parsed.data.pid) ? { ...parsed.data, profiles: profiles.profiles } : null;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
