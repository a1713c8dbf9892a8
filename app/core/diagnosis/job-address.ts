/** What a person pasted: a job, or a run of which one job is meant. Ids are decimal text. */
export interface JobAddress {
  readonly owner: string;
  readonly name: string;
  readonly runId: string | null;
  readonly jobId: string | null;
  /** Of the run; `null` is the newest. */
  readonly attempt: number | null;
}

export type ParsedAddress =
  | { readonly kind: "job"; readonly address: JobAddress }
  /** `host` is where it leads. */
  | { readonly kind: "another-github"; readonly host: string }
  | { readonly kind: "not-a-job" };

const NAME = "([A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:_[A-Za-z0-9]+)?)/([A-Za-z0-9._-]+)";

/** Paths below the web pages' and the API's root, and which of their numbers is what. */
const PATHS: readonly { readonly below: "web" | "api"; readonly path: RegExp; readonly read: (numbers: readonly string[]) => Omit<JobAddress, "owner" | "name"> }[] = [
  { below: "web", path: new RegExp(`^/${NAME}/actions/runs/(\\d+)(?:/attempts/\\d+)?/jobs?/(\\d+)$`), read: ([runId = null, jobId = null]) => ({ runId, jobId, attempt: null }) },
  { below: "web", path: new RegExp(`^/${NAME}/runs/(\\d+)/job/(\\d+)$`), read: ([runId = null, jobId = null]) => ({ runId, jobId, attempt: null }) },
  { below: "web", path: new RegExp(`^/${NAME}/actions/runs/(\\d+)/attempts/(\\d+)$`), read: ([runId = null, attempt]) => ({ runId, jobId: null, attempt: Number(attempt) }) },
  { below: "web", path: new RegExp(`^/${NAME}/actions/runs/(\\d+)$`), read: ([runId = null]) => ({ runId, jobId: null, attempt: null }) },
  // Where a pull request's checks lead: a check run has its job's number.
  { below: "web", path: new RegExp(`^/${NAME}/runs/(\\d+)$`), read: ([jobId = null]) => ({ runId: null, jobId, attempt: null }) },
  { below: "api", path: new RegExp(`^/repos/${NAME}/(?:actions/jobs|check-runs)/(\\d+)$`), read: ([jobId = null]) => ({ runId: null, jobId, attempt: null }) },
  { below: "api", path: new RegExp(`^/repos/${NAME}/actions/runs/(\\d+)/attempts/(\\d+)(?:/jobs)?$`), read: ([runId = null, attempt]) => ({ runId, jobId: null, attempt: Number(attempt) }) },
  { below: "api", path: new RegExp(`^/repos/${NAME}/actions/runs/(\\d+)(?:/jobs)?$`), read: ([runId = null]) => ({ runId, jobId: null, attempt: null }) },
];

/** Reads an address of a job or run on this GitHub, as its pages and its API have them, with or without `https://`. */
export function parseJobAddress(text: string, github: { readonly apiUrl: string; readonly webOrigin: string }): ParsedAddress {
  const trimmed = text.trim().replace(/^<(.*)>$/, "$1");
  const whole = /^[a-z][a-z0-9+.-]*:\/\//i.test(trimmed) ? trimmed : `https://${trimmed}`;
  if (!URL.canParse(whole)) return { kind: "not-a-job" };
  const url = new URL(whole);
  if (url.protocol !== "https:" && url.protocol !== "http:") return { kind: "not-a-job" };

  const api = new URL(github.apiUrl);
  const web = new URL(github.webOrigin);
  const path = url.pathname.replace(/\/+$/, "");
  const belowApi = url.host === api.host && `${path}/`.startsWith(`${api.pathname.replace(/\/+$/, "")}/repos/`) ? path.slice(api.pathname.replace(/\/+$/, "").length) : null;
  for (const { below, path: pattern, read } of PATHS) {
    const [, owner, name, ...numbers] = pattern.exec(below === "api" ? (belowApi ?? "") : path) ?? [];
    if (owner === undefined || name === undefined) continue;
    if (below === "web" && url.host.replace(/^www\./, "") !== web.host) return { kind: "another-github", host: url.host };
    return { kind: "job", address: { owner, name, ...read(numbers) } };
  }
  return url.host === web.host || url.host === api.host || !/\/(?:actions\/(?:runs|jobs)|runs|check-runs)\/\d+/.test(path) ? { kind: "not-a-job" } : { kind: "another-github", host: url.host };
}
