import type { AwsTrouble } from "../aws-trouble.ts";

/** What was looked at, or why it could not be. */
export type Seen<T> = { readonly known: true; readonly value: T } | { readonly known: false; readonly why: string };

export type Caller =
  | { readonly kind: "known"; readonly account: string; readonly arn: string }
  | { readonly kind: "unknown"; readonly trouble: AwsTrouble; readonly why: string };

/** Quotas of vCPUs that run at a time, by what a launch target uses. */
export interface VcpuQuotas {
  readonly fargate: Seen<number>;
  readonly "fargate-spot": Seen<number>;
  readonly ec2: Seen<number>;
}

/** As CodeBuild's quotas name them. */
export type BuildMachine = "Linux/Small" | "ARM/Small";

/** What an account has of all that a deployment needs. */
export interface AccountObservation {
  readonly region: string | null;
  readonly caller: Caller;
  /** The rest is `null` where there was no caller or no region to look with. */
  readonly account: AccountFacts | null;
}

export interface AccountFacts {
  /** Version of CDK's bootstrap stack; `null`: there is none. */
  readonly bootstrap: Seen<number | null>;
  /** Status of the stack that is to be deployed; `null`: there is none yet. */
  readonly stack: Seen<string | null>;
  /** Concurrent executions of all functions in the region, and what no function has reserved. */
  readonly lambda: Seen<{ readonly limit: number; readonly unreserved: number }>;
  readonly vcpus: VcpuQuotas;
  /** How many builds may run at a time, by the kind of machine that the image is built on; a kind that AWS does not list is missing. */
  readonly buildMachines: Seen<Readonly<Partial<Record<BuildMachine, number>>>>;
  readonly ecsRole: Seen<boolean>;
  readonly autoScalingRole: Seen<boolean>;
  /** Number of repositories; `null` where CodeCommit is not going to be used. */
  readonly codeCommit: Seen<number> | null;
}
