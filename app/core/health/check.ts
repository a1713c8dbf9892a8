import type { HealthCheck } from "../health.ts";
import type { Look } from "../look.ts";

type Facts = Pick<HealthCheck, "id" | "title">;
type Remedy = { readonly advice: string; readonly url?: string | null };

export function well(facts: Facts, text: string): HealthCheck {
  return { ...facts, standing: "well", text, advice: "", url: null };
}

export function ill(facts: Facts, text: string, { advice, url = null }: Remedy): HealthCheck {
  return { ...facts, standing: "wrong", text, advice, url };
}

export function unclear(facts: Facts, text: string, { advice, url = null }: Remedy): HealthCheck {
  return { ...facts, standing: "unknown", text, advice, url };
}

/** The check where the look brought something; amber where it did not. */
export function checked<T>(facts: Facts, look: Look<T> | null, check: (value: T) => HealthCheck): HealthCheck {
  if (look === null) return unclear(facts, "Could not be looked at from here.", { advice: "npm run doctor on the operator's machine sees it." });
  if (look.kind === "seen") return check(look.value);
  if (look.kind === "not-permitted") return unclear(facts, `Not permitted to look: it needs ${look.needs}.`, { advice: "Somebody who may look sees it here, or npm run doctor on the operator's machine." });
  return unclear(facts, `Could not look: ${look.message}`, { advice: "Try again in a minute." });
}
