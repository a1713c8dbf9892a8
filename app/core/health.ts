/** One thing about an installation that is well or not. */
export interface HealthCheck {
  /** Stable, for scripts: e.g. `permissions`, `permissions-pending`, `events`, `hook`, `last-delivery`, `runner-group`, `image`, `reconciler`, `quota`. */
  readonly id: string;
  /** A few words, e.g. "Webhook". */
  readonly title: string;
  /** `well` green, `unknown` amber (not permitted to look, or the look failed), `wrong` red. */
  readonly standing: "well" | "unknown" | "wrong";
  /** What was seen, a sentence. */
  readonly text: string;
  /** What to do; empty when well. */
  readonly advice: string;
  /** Where to do it; `null` when there is no such page. */
  readonly url: string | null;
}

/** The worst of them. */
export function worstStanding(checks: readonly HealthCheck[]): HealthCheck["standing"] {
  if (checks.some(({ standing }) => standing === "wrong")) return "wrong";
  return checks.some(({ standing }) => standing === "unknown") ? "unknown" : "well";
}
