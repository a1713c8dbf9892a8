import type { AdminRequest } from "../core/admin-request.ts";
import { StoreError, type AdminRequestStore } from "../ports.ts";
import type { Sandbox } from "./sandbox.ts";
import type { Stage } from "./stage.ts";

/** As the jobs table's own calls, about. */
const CALL_LIMIT_MS = 3_000;
const FAULTS = { service: "store", fails: "store fails", answerLost: "store answer lost", limitMs: CALL_LIMIT_MS } as const;

/** What people asked for: the port's own semantics. */
export class SimulatedRequests {
  readonly #stage: Stage;
  readonly #requests = new Map<string, AdminRequest>();
  /** Those that nobody may have carried out. */
  readonly #unfounded = new Set<string>();

  constructor(stage: Stage) {
    this.#stage = stage;
  }

  get all(): readonly AdminRequest[] {
    return [...this.#requests.values()];
  }

  /** From a page. `isFounded`: whoever asks may, and the job or delivery is their installation's. */
  put(request: AdminRequest, isFounded: boolean): void {
    this.#stage.chronicle.add(request.by.login, () => `asks for ${JSON.stringify(request.wish)} of installation ${request.installationId}${isFounded ? "" : ", and may not"}`);
    this.#requests.set(request.id, request);
    if (!isFounded) this.#unfounded.add(request.id);
  }

  portFor(sandbox: Sandbox): AdminRequestStore {
    const call = <T>(what: string, effect: () => T) => sandbox.call({ ...FAULTS, what, failure: storeFailure, effect });
    return {
      ask: async (request) => this.put(request, true),
      get: (id) => call(`read request ${id}`, () => this.#requests.get(id) ?? null),
      listAsked: () => call("list requests", () => this.all.filter(({ state }) => state === "asked").toSorted((a, b) => a.askedAt - b.askedAt)),
      begin: (request) =>
        call(`begin request ${request.id}`, () => {
          if (this.#requests.get(request.id)?.state !== "asked") return false;
          this.#requests.set(request.id, { ...request, state: "begun" });
          return true;
        }),
      settle: (request) =>
        call(`settle request ${request.id}: ${request.outcome}`, () => {
          const { state } = this.#requests.get(request.id) ?? {};
          if (state !== "asked" && state !== "begun") return;
          this.#requests.set(request.id, request);
          if (request.state === "done" && this.#unfounded.has(request.id)) this.#stage.watch.violate("a request was carried out without the right", `${request.by.login}: ${request.outcome}`);
        }),
    };
  }
}

function storeFailure(kind: "failed" | "throttled" | "timeout"): StoreError {
  return new StoreError(kind === "throttled" ? "store-throttled" : "store-failed", `the store ${kind}`, { retryable: true });
}
