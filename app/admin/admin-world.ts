import type { Context } from "hono";
import type { RunnerTask } from "../core/observation.ts";
import type { RunnerProfiles } from "../core/runner-profiles.ts";
import type {
  AdminRequestStore,
  Clock,
  GithubSignIn,
  ImageRecordStore,
  JobDirectory,
  JobStore,
  Log,
  OAuthClient,
  PersonsGithub,
  PutMetrics,
  RoundSightingsStore,
  RunnerTasks,
  UsageStore,
} from "../ports.ts";
import type { Session } from "./session.ts";

/** All that the admin pages know of the world. They read; what a person wants changed is a request in the store. */
export interface AdminWorld {
  readonly store: Pick<JobStore, "get">;
  readonly directory: JobDirectory;
  readonly sightings: Pick<RoundSightingsStore, "read">;
  readonly usage: Pick<UsageStore, "read">;
  readonly requests: Pick<AdminRequestStore, "ask" | "get">;
  /** `null` where nothing keeps an image up to date, as on a laptop. */
  readonly images: Pick<ImageRecordStore, "read"> | null;
  readonly tasks: Pick<RunnerTasks, "list">;
  readonly profiles: RunnerProfiles;
  readonly runnerNamePrefix: string;
  readonly github: { readonly apiUrl: string; readonly webOrigin: string };
  /** GitHub as that person sees it. */
  readonly readerFor: (session: Session) => PersonsGithub;
  /** The App's, for signing people in; `null` before setup has written it. Rejects when it cannot be read. */
  readonly oauth: () => Promise<OAuthClient | null>;
  /** What to do where there is none. */
  readonly oauthAdvice: string;
  readonly signIn: GithubSignIn;
  /** Who is asking, as far as the network tells; limits strangers. */
  readonly clientAddress: (context: Context) => string;
  readonly links: AdminLinks;
  /** What people call this deployment: the stack's name, or `local`. */
  readonly deployment: string;
  /** Of pages that fail; nobody reads it on a laptop. */
  readonly putMetrics: PutMetrics;
  readonly clock: Clock;
  readonly log: Log;
}

/** Pages of AWS's console; `null` where there is none, as on a laptop. */
export interface AdminLinks {
  taskUrl(task: Pick<RunnerTask, "arn">): string | null;
  logsUrl(runnerName: string): string | null;
}
