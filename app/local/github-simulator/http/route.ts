import type { IncomingHttpHeaders } from "node:http";
import type { Person } from "../state/people.ts";
import type { InstallationToken } from "../state/simulator-state.ts";

/** Who a route is for; the check is made before it runs. */
export type Access =
  /** The App itself, by its JWT. */
  | "app"
  | "installation"
  /** A person, by their token of the App. */
  | "user"
  /** Nobody in particular: a token is taken when there is one. */
  | "anyone"
  /** The runner's own protocol, whose routes read their tokens themselves. */
  | "runner"
  /** The person at the simulator. */
  | "control";

export interface Call {
  readonly method: string;
  /** Without `/api/v3`. */
  readonly path: string;
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly caller: Caller;
  /** Aborts when the client has gone. */
  readonly gone: AbortSignal;
}

export type Caller =
  | { readonly kind: "app" }
  | { readonly kind: "installation"; readonly token: InstallationToken }
  /** By a personal token, which may do everything. */
  | { readonly kind: "person"; readonly login: string }
  /** By a token that signing in with the App gave. */
  | { readonly kind: "user"; readonly person: Person }
  | { readonly kind: "anonymous" };

export interface Answer {
  readonly status: number;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Sent as plain text. */
  readonly text?: string;
  readonly html?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Route {
  readonly method: string;
  /** `/orgs/{org}/actions/runners`. */
  readonly path: string;
  readonly access: Access;
  /** Also for a person's token of the App; the handler checks what it may. */
  readonly users?: true;
  readonly handle: (call: Call) => Answer | Promise<Answer>;
}

/** One path's route and the parameters found in it; null when there is none. */
export type FindRoute = (method: string, path: string) => { readonly route: Route; readonly params: Record<string, string> } | null;

export function createRouteTable(routes: readonly Route[]): FindRoute {
  const compiled = routes.map((route) => ({
    route,
    pattern: new RegExp(`^${route.path.replace(/[.]/g, "\\.").replace(/\{(\w+)\}/g, "(?<$1>[^/]+)")}$`),
  }));
  return (method, path) => {
    for (const { route, pattern } of compiled) {
      const found = route.method === method ? pattern.exec(path) : null;
      if (!found) continue;
      const params = Object.entries(found.groups ?? {}).map(([name, value]) => [name, decodeURIComponent(value)]);
      return { route, params: Object.fromEntries(params) as Record<string, string> };
    }
    return null;
  };
}

/** A path parameter that the route's pattern has. */
export function param({ params }: Call, name: string): string {
  const value = params[name];
  if (value === undefined) throw new Error(`the route has no {${name}}`);
  return value;
}
