import type { AdminRequest } from "../../app/core/admin-request.ts";
import { StoreError, type AdminRequestStore } from "../../app/ports.ts";
import { FailureScript, type ScriptedFailures } from "./scripted-failures.ts";

export interface InMemoryAdminRequests extends AdminRequestStore, ScriptedFailures<keyof AdminRequestStore> {
  /** In the order they came. */
  all(): readonly AdminRequest[];
}

export function createInMemoryAdminRequests(): InMemoryAdminRequests {
  const requests = new Map<string, AdminRequest>();
  const failures = new FailureScript<keyof AdminRequestStore>();
  return {
    ask: async (request) =>
      failures.run("ask", () => {
        if (requests.has(request.id)) throw new StoreError("store-refused", `request ${request.id} is there already`, { retryable: false });
        requests.set(request.id, request);
      }),
    get: async (id) => failures.run("get", () => requests.get(id) ?? null),
    listAsked: async () =>
      failures.run("listAsked", () =>
        [...requests.values()]
          .filter(({ state }) => state === "asked")
          .toSorted((a, b) => a.askedAt - b.askedAt)
          .slice(0, 100),
      ),
    begin: async (request) =>
      failures.run("begin", () => {
        if (requests.get(request.id)?.state !== "asked") return false;
        requests.set(request.id, { ...request, state: "begun" });
        return true;
      }),
    settle: async (request) =>
      failures.run("settle", () => {
        const state = requests.get(request.id)?.state;
        if (state === "asked" || state === "begun") requests.set(request.id, request);
      }),
    failNext: (call, error, when) => failures.failNext(call, error, when),
    all: () => [...requests.values()],
  };
}
