import type { RunnerLabels } from "./labels.ts";

/** What GitHub says of things that people ask about. Ids are decimal text, times epoch milliseconds. */
export interface InstallationFacts {
  readonly id: string;
  readonly account: { readonly login: string; readonly id: string; readonly kind: "organization" | "user" };
  readonly repositorySelection: "all" | "selected";
  readonly suspendedAt: number | null;
  /** Granted. What the App wants by now is in `AppFacts`; the difference waits for the account's administrators. */
  readonly permissions: Readonly<Record<string, string>>;
  readonly events: readonly string[];
  readonly htmlUrl: string;
}

export interface AppFacts {
  readonly id: string;
  readonly name: string;
  readonly slug: string;
  readonly htmlUrl: string;
  /** Wanted of new installations. */
  readonly permissions: Readonly<Record<string, string>>;
  readonly events: readonly string[];
}

export interface RepositoryFacts {
  readonly id: string;
  readonly owner: string;
  readonly name: string;
  readonly visibility: "public" | "private" | "internal";
  /** `null` where GitHub does not say. */
  readonly defaultBranch: string | null;
}

export interface JobFacts {
  readonly id: string;
  readonly runId: string;
  readonly runAttempt: number;
  readonly name: string;
  readonly workflowName: string;
  readonly status: string;
  readonly conclusion: string | null;
  readonly labels: RunnerLabels;
  readonly runnerName: string | null;
  readonly runnerGroupName: string | null;
  readonly createdAt: number;
  readonly startedAt: number | null;
  readonly completedAt: number | null;
  readonly htmlUrl: string;
  readonly steps: readonly { readonly name: string; readonly status: string; readonly conclusion: string | null }[];
}

export interface RunFacts {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly conclusion: string | null;
  /** What started it, e.g. `push`, `pull_request`. */
  readonly event: string;
  readonly createdAt: number;
  readonly htmlUrl: string;
  /** Of the newest attempt or the one that was asked for, at most 100. */
  readonly jobs: readonly JobFacts[];
}

export interface RunnerGroupFacts {
  readonly id: string;
  readonly name: string;
  readonly visibility: "all" | "selected" | "private";
  readonly allowsPublicRepositories: boolean;
  readonly restrictedToWorkflows: boolean;
  /** `owner/name` of those that see it, where `visibility` is `selected`; `null` where that could not be read. */
  readonly repositories: readonly string[] | null;
}

/** What is left of GitHub's primary rate limit. */
export interface QuotaFacts {
  readonly limit: number;
  readonly remaining: number;
  readonly resetsAt: number;
}
