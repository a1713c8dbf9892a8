import { releasePayload } from "../payloads/release-payload.ts";
import { readPrimaryRate } from "../state/rate-limits.ts";
import type { StateKeeper } from "../state-keeper.ts";
import { rateKey } from "./authenticate.ts";
import type { Route } from "./route.ts";

/** About GitHub itself, and the agent's newest release. */
export function metaRoutes({ state, change }: StateKeeper, runnerVersion: string): Route[] {
  return [
    {
      method: "GET",
      path: "/meta",
      access: "anyone",
      handle: () => ({ status: 200, body: { verifiable_password_authentication: false, hooks: ["127.0.0.1/32"], api: ["127.0.0.1/32"], actions: ["127.0.0.1/32"] } }),
    },
    {
      method: "GET",
      path: "/rate_limit",
      access: "anyone",
      handle({ caller }) {
        const { limit, used, remaining, resetAt } = change((_, now) => readPrimaryRate(state, rateKey(caller), now));
        const core = { limit, used, remaining, reset: Math.floor(resetAt / 1000) };
        return { status: 200, body: { resources: { core, search: { limit: 30, used: 0, remaining: 30, reset: core.reset } }, rate: core } };
      },
    },
    {
      method: "GET",
      path: "/repos/actions/runner/releases/latest",
      access: "anyone",
      handle: () => ({ status: 200, body: releasePayload(state, runnerVersion) }),
    },
  ];
}
