import * as z from "zod";
import { nextNumber } from "./next-number.ts";
import { createRandomSource, type RandomSource } from "./random-source.ts";
import type { SimulatorState, Webhook } from "./simulator-state.ts";

const repetition = {
  /** How often it happens before the rule is used up; without it, always. */
  times: z.int().positive().optional(),
  /** Of each match, 0 to 1. */
  probability: z.number().min(0).max(1).optional(),
  seed: z.string().optional(),
};
/** Node's timers wait no longer, and with more than that not at all. */
const LONGEST_MS = 2 ** 31 - 1;
const ms = z.int().nonnegative().max(LONGEST_MS, `is at most ${LONGEST_MS}, 24 days`);

/** What goes with each, besides what says when. */
const OPTIONS = {
  lose: [],
  swallow: [],
  duplicate: [],
  delay: ["ms"],
  reorder: ["ms"],
  status: ["status", "retryAfterSeconds", "when"],
  "primary-limit": ["retryAfterSeconds", "when"],
  "secondary-limit": ["status", "retryAfterSeconds", "when"],
  hang: ["when"],
  slow: ["ms", "when"],
  reset: ["when"],
  empty: [],
} as const satisfies Readonly<Record<string, readonly string[]>>;
const ALL_OPTIONS = ["ms", "status", "retryAfterSeconds", "when"] as const;

const deliveryRule = z
  .strictObject({
    on: z.literal("delivery"),
    event: z.enum(["workflow_job", "installation", "ping"]).optional(),
    action: z.enum(["queued", "waiting", "in_progress", "completed", "created"]).optional(),
    /** Name of the job. */
    job: z.string().optional(),
    /**
     * `lose`: not sent, recorded as failed. `swallow`: not sent and not recorded, as GitHub now and then omits an event. `duplicate`: sent twice.
     * `delay`: sent `ms` later. `reorder`: sent after the next one, or after `ms` when none comes.
     */
    do: z.enum(["lose", "swallow", "duplicate", "delay", "reorder"]),
    ms: ms.optional(),
    ...repetition,
  })
  .check(refuseIdleOptions);

const requestRule = z
  .strictObject({
    on: z.literal("request"),
    method: z.string().toUpperCase().pipe(z.enum(["GET", "POST", "PUT", "PATCH", "DELETE"])).optional(),
    /** With or without `/api/v3`; `*` is one segment, `**` any number, as in `/orgs/acme/actions/runners/*`. */
    path: z
      .string()
      .startsWith("/", 'begins with "/", as /orgs/*/actions/runners')
      .transform((path) => path.replace(/^\/api\/v3(?=\/)/, ""))
      .optional(),
    /**
     * `status`: that answer. `primary-limit`, `secondary-limit`: GitHub's rate limits. `hang`: no answer. `slow`: `ms` later. `reset`: the
     * connection is cut. `empty`: the real answer without what its lists hold.
     */
    do: z.enum(["status", "primary-limit", "secondary-limit", "hang", "slow", "reset", "empty"]),
    status: z.int().min(400).max(599).optional(),
    ms: ms.optional(),
    retryAfterSeconds: z.int().positive().optional(),
    /** `after`: the request takes effect, and only then its answer is lost or replaced. */
    when: z.enum(["before", "after"]).optional(),
    ...repetition,
  })
  .check(refuseIdleOptions, ({ value, issues }) => {
    if (value.do !== "secondary-limit" || value.status === undefined || value.status === 403 || value.status === 429) return;
    issues.push({ code: "custom", input: value, path: ["status"], message: "is 403 or 429 where a secondary limit is met" });
  });

export const misbehaviourSchema = z.discriminatedUnion("on", [deliveryRule, requestRule]);

export type MisbehaviourRule = z.input<typeof misbehaviourSchema>;
export type DeliveryRule = z.output<typeof deliveryRule>;
export type RequestRule = z.output<typeof requestRule>;

export interface Misbehaviour {
  readonly id: number;
  readonly rule: DeliveryRule | RequestRule;
  readonly random: RandomSource;
  happened: number;
}

/** Rules are asked in the order in which they came; the first that matches and is not used up decides. */
export function addMisbehaviour(state: SimulatorState, rule: DeliveryRule | RequestRule): Misbehaviour {
  const id = nextNumber(state, "misbehaviour");
  const misbehaviour: Misbehaviour = { id, rule, random: createRandomSource(rule.seed ?? `rule ${id}`), happened: 0 };
  state.misbehaviours.push(misbehaviour);
  return misbehaviour;
}

/** Of one rule or of all. False when there is no such rule. */
export function clearMisbehaviours({ misbehaviours }: SimulatorState, id?: number): boolean {
  const kept = id === undefined ? [] : misbehaviours.filter((misbehaviour) => misbehaviour.id !== id);
  const isThere = id === undefined || kept.length < misbehaviours.length;
  misbehaviours.splice(0, misbehaviours.length, ...kept);
  return isThere;
}

export function misbehaviourOfDelivery(state: SimulatorState, { event, action, jobName }: Webhook): DeliveryRule | null {
  return happen(state, "delivery", (rule) => is(rule.event, event) && is(rule.action, action) && is(rule.job, jobName));
}

/** `path` has no `/api/v3`. */
export function misbehaviourOfRequest(state: SimulatorState, method: string, path: string): RequestRule | null {
  return happen(state, "request", (rule) => is(rule.method, method) && (rule.path === undefined || pattern(rule.path).test(path)));
}

function happen<On extends "delivery" | "request">(
  { misbehaviours }: SimulatorState,
  on: On,
  matches: (rule: Extract<Misbehaviour["rule"], { on: On }>) => boolean,
): Extract<Misbehaviour["rule"], { on: On }> | null {
  for (const misbehaviour of misbehaviours) {
    const { rule } = misbehaviour;
    if (rule.on !== on || misbehaviour.happened >= (rule.times ?? Infinity)) continue;
    const candidate = rule as Extract<Misbehaviour["rule"], { on: On }>;
    if (!matches(candidate) || misbehaviour.random.fraction() >= (rule.probability ?? 1)) continue;
    misbehaviour.happened++;
    return candidate;
  }
  return null;
}

/** An option that changes nothing was meant for something. */
function refuseIdleOptions({ value, issues }: z.core.ParsePayload<{ readonly do: keyof typeof OPTIONS } & { readonly [Name in (typeof ALL_OPTIONS)[number]]?: unknown }>): void {
  const taken: readonly string[] = OPTIONS[value.do];
  for (const option of ALL_OPTIONS) {
    if (value[option] === undefined || taken.includes(option)) continue;
    const others = Object.entries<readonly string[]>(OPTIONS).flatMap(([name, options]) => (options.includes(option) ? [name] : []));
    issues.push({ code: "custom", input: value, path: [option], message: `changes nothing about "${value.do}"; it goes with ${others.join(", ")}` });
  }
}

function is(wanted: string | undefined, actual: string | null): boolean {
  return wanted === undefined || wanted === actual;
}

function pattern(path: string): RegExp {
  const parts = path.split(/(\*\*|\*)/).map((part) => (part === "**" ? ".*" : part === "*" ? "[^/]*" : part.replace(/[.+?^${}()|[\]\\]/g, "\\$&")));
  return new RegExp(`^${parts.join("")}$`, "i");
}
