import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { OpenAPIBackend, type Document } from "openapi-backend";
import type { RequestRecord } from "../../app/local/github-simulator/http/request-record.ts";

/** What of GitHub's REST API Baton or its simulator has to do with. */
export const operations = [
  "GET /app",
  "GET /apps/{app_slug}",
  "DELETE /applications/{client_id}/token",
  "POST /app-manifests/{code}/conversions",
  "GET /app/hook/config",
  "PATCH /app/hook/config",
  "GET /app/hook/deliveries",
  "GET /app/hook/deliveries/{delivery_id}",
  "POST /app/hook/deliveries/{delivery_id}/attempts",
  "GET /app/installations",
  "GET /app/installations/{installation_id}",
  "POST /app/installations/{installation_id}/access_tokens",
  "GET /installation/repositories",
  "GET /meta",
  "GET /rate_limit",
  "GET /orgs/{org}/installation",
  "GET /orgs/{org}/memberships/{username}",
  "GET /orgs/{org}/actions/runner-groups",
  "GET /orgs/{org}/actions/runner-groups/{runner_group_id}/repositories",
  "GET /orgs/{org}/actions/runners",
  "GET /orgs/{org}/actions/runners/{runner_id}",
  "DELETE /orgs/{org}/actions/runners/{runner_id}",
  "POST /orgs/{org}/actions/runners/generate-jitconfig",
  "POST /orgs/{org}/actions/runners/registration-token",
  "POST /orgs/{org}/actions/runners/remove-token",
  "GET /repos/{owner}/{repo}/installation",
  "GET /repos/{owner}/{repo}/actions/jobs/{job_id}",
  "GET /repos/{owner}/{repo}/actions/runs",
  "GET /repos/{owner}/{repo}/actions/runs/{run_id}",
  "GET /repos/{owner}/{repo}/actions/runs/{run_id}/jobs",
  "GET /repos/{owner}/{repo}/actions/runs/{run_id}/attempts/{attempt_number}/jobs",
  "GET /repos/{owner}/{repo}/actions/workflows/{workflow_id}",
  "POST /repos/{owner}/{repo}/actions/workflows/{workflow_id}/dispatches",
  "GET /repos/{owner}/{repo}/actions/runners",
  "GET /repos/{owner}/{repo}/actions/runners/{runner_id}",
  "DELETE /repos/{owner}/{repo}/actions/runners/{runner_id}",
  "POST /repos/{owner}/{repo}/actions/runners/generate-jitconfig",
  "POST /repos/{owner}/{repo}/actions/runners/registration-token",
  "POST /repos/{owner}/{repo}/actions/runners/remove-token",
  "GET /repos/{owner}/{repo}/releases/latest",
  "GET /user",
  "GET /user/installations",
  "GET /user/installations/{installation_id}/repositories",
  "GET /user/memberships/orgs/{org}",
] as const;

export interface Verdict {
  /** `GET /app`; null when GitHub has no such thing, or it is not among `operations`. */
  readonly operation: string | null;
  readonly faults: readonly string[];
}

/** Judges a request and its answer by GitHub's description. */
export type Judge = (record: Pick<RequestRecord, "method" | "path" | "query" | "requestHeaders" | "requestBody" | "status" | "responseBody">) => Verdict;

export async function loadGithubOpenapi(): Promise<Judge> {
  const api = new OpenAPIBackend({
    definition: readDescription(),
    apiRoot: "/api/v3",
    quick: true,
    // GitHub's integers are int64, and its formats are for people: only shapes are judged.
    ajvOpts: { strict: false, validateFormats: false, allErrors: true },
  });
  await api.init();
  return ({ method, path, query, requestHeaders, requestBody, status, responseBody }) => {
    const request = {
      method,
      path,
      query,
      headers: Object.fromEntries(Object.entries(requestHeaders).map(([name, value]) => [name, String(value)])),
      ...(requestBody === "" ? {} : { body: JSON.parse(requestBody) as unknown }),
    };
    const operation = api.matchOperation(request);
    if (operation?.operationId === undefined) return { operation: null, faults: [`GitHub has no ${method} ${path}`] };
    const faults: string[] = [];
    // A refused request may well be wrong.
    if (status < 400) faults.push(...told("request", api.validateRequest(request, operation).errors));
    if (operation.responses?.[String(status)] === undefined) {
      if (!(anywhere.has(status) && isBasicError(responseBody))) faults.push(`GitHub does not answer ${status}`);
    } else if (responseBody !== "") faults.push(...told("answer", api.validateResponse(JSON.parse(responseBody), operation, status).errors));
    return { operation: `${method} ${operation.path}`, faults };
  };
}

/** What any call may be answered, though not every description says so. */
const anywhere: ReadonlySet<number> = new Set([401, 403, 404, 429, 500, 502, 503]);

/** GitHub's "basic error". */
function isBasicError(body: string): boolean {
  const { message, documentation_url: documentation, status } = JSON.parse(body) as Record<string, unknown>;
  return typeof message === "string" && typeof documentation === "string" && typeof status === "string";
}

/** Only the paths in use: the whole is too large to compile. */
function readDescription(): Document {
  const file = createRequire(import.meta.url).resolve("@octokit/openapi/generated/api.github.com.deref.json");
  const whole = JSON.parse(readFileSync(file, "utf8")) as { openapi: string; info: object; paths: Record<string, Record<string, object>> };
  const paths: Record<string, Record<string, object>> = {};
  for (const wanted of operations) {
    const [method = "", path = ""] = wanted.split(" ");
    const operation = whole.paths[path]?.[method.toLowerCase()];
    if (!operation) throw new Error(`GitHub's description has no ${wanted}`);
    paths[path] = { ...paths[path], [method.toLowerCase()]: operation };
  }
  correctInstallations(paths["/app/installations"]);
  return withNull({ openapi: whole.openapi, info: whole.info, paths }) as Document;
}

/** The list alone, unlike the single installation, has the account be a user *and* an enterprise. */
function correctInstallations(path: unknown): void {
  const { get } = path as { get: { responses: { 200: { content: { "application/json": { schema: { items: { properties: { account: Record<string, unknown> } } } } } } } } };
  const { properties } = get.responses[200].content["application/json"].schema.items;
  const { allOf, ...rest } = properties.account;
  if (!Array.isArray(allOf)) throw new Error("GitHub corrected its description of installations: this correction can go");
  properties.account = { ...rest, anyOf: allOf };
}

/**
 * `nullable` in JSON Schema's words. GitHub also uses it without a type, and on enums that leave null out, where it means null all the same and a
 * validator would refuse it.
 */
function withNull(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(withNull);
  if (typeof node !== "object" || node === null) return node;
  const { nullable, ...rest } = Object.fromEntries(Object.entries(node).map(([name, value]) => [name, withNull(value)]));
  // A property may be called so.
  if (typeof nullable === "object") return { ...rest, nullable };
  return nullable === true ? { anyOf: [rest, { type: "null" }] } : rest;
}

function told(what: string, errors: readonly { instancePath?: string; message?: string }[] | null | undefined): string[] {
  return (errors ?? []).map(({ instancePath = "", message = "" }) => `${what}${instancePath}: ${message}`);
}
