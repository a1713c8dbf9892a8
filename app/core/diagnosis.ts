/** Why a job did (not) start: the first thing that is wrong, and what to do about it. */
export interface Diagnosis {
  /** Stable, for scripts: e.g. `no-matching-profile`, `services-on-fargate`, `healthy`. docs/doctor.md lists them. */
  readonly cause: string;
  /** `ok`: nothing is wrong; `waiting`: it will go on by itself; `wrong`: somebody has to act; `unknown`: could not look far enough. */
  readonly verdict: "ok" | "waiting" | "wrong" | "unknown";
  /** One sentence, e.g. "No profile covers the label gpu." */
  readonly summary: string;
  /** What was seen that says so, a fact a line. */
  readonly because: readonly string[];
  /** What to do, a step a line; who has to do it is said where it is not the operator. */
  readonly advice: readonly string[];
  /** Everything that was looked at, in order, for whoever wants to go on. */
  readonly findings: readonly Finding[];
  readonly job: { readonly id: string; readonly name: string; readonly url: string; readonly repository: string; readonly installationId: string | null } | null;
}

export interface Finding {
  /** e.g. `job-at-github`, `hook-delivery`, `record`, `task`, `runner`, `labels`, `policy`, `group`, `quota`, `image`. */
  readonly topic: string;
  readonly standing: "ok" | "wrong" | "not-permitted" | "not-looked";
  readonly text: string;
}
