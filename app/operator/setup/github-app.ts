import * as z from "zod";
import type { InstallationFacts } from "../../core/facts-at-github.ts";
import { createAppOctokit } from "../../github/app-octokit.ts";
import { GithubCallError } from "../../github/github-failures.ts";
import { createPersonalCalls } from "../../github/personal-calls.ts";
import { readInstallations } from "../../github/read-facts.ts";
import { createKeepAliveFetch } from "../../keep-alive-fetch.ts";
import type { Clock } from "../../ports.ts";
import { OperatorError } from "../aws-trouble.ts";
import { silentLog } from "../silent-log.ts";

/** The App as GitHub describes it. */
export interface AppFacts {
  readonly name: string;
  readonly slug: string;
  readonly htmlUrl: string;
  /** `null` where GitHub does not say, as older Enterprise Servers. */
  readonly owner: { readonly login: string; readonly kind: "organization" | "user" } | null;
  /** Of its OAuth client; `null` where GitHub does not say, as older Enterprise Servers. */
  readonly clientId: string | null;
  readonly permissions: Readonly<Record<string, string>>;
  readonly events: readonly string[];
}

export interface CreatedApp extends AppFacts {
  readonly appId: number;
  readonly privateKey: string;
  readonly clientId: string;
  readonly clientSecret: string;
}

interface Signer {
  readonly appId: number;
  readonly privateKey: string;
}

/** GitHub, for whoever sets up an App. Every method fails with `OperatorError`. */
export interface GithubApps {
  /** Turns the code of the manifest flow into the App; it works once. */
  convert(code: string): Promise<CreatedApp>;
  describe(app: Signer): Promise<AppFacts>;
  /** Where it is installed, and what was granted there. */
  installations(app: Signer): Promise<readonly InstallationFacts[]>;
  /** Where the hook leads now. */
  hookUrl(app: Signer): Promise<string | null>;
  setHook(app: Signer, url: string, secret: string): Promise<void>;
}

const facts = z.object({
  name: z.string(),
  slug: z.string(),
  html_url: z.string(),
  owner: z.object({ login: z.string(), type: z.string().optional() }).nullish(),
  client_id: z.string().nullish(),
  permissions: z.record(z.string(), z.string()).default({}),
  events: z.array(z.string()).default([]),
});
const created = facts.extend({ id: z.number(), pem: z.string(), client_id: z.string(), client_secret: z.string() });
const hookConfig = z.object({ url: z.string().optional() });

/** A person waits. */
const CALL_LIMIT_MS = 15_000;

export function createGithubApps(apiUrl: string, clock: Clock = Date.now): GithubApps {
  const fetch = createKeepAliveFetch();
  const asApp = ({ appId, privateKey }: Signer) =>
    createAppOctokit({ credentials: async () => ({ appId, privateKey }), apiUrl, fetch, clock, log: silentLog }).asApp({ callMs: CALL_LIMIT_MS });

  async function call<T>(doing: string, run: () => Promise<T>): Promise<T> {
    try {
      return await run();
    } catch (error) {
      throw githubTrouble(doing, error, apiUrl);
    }
  }

  return {
    convert: (code) =>
      call("turn the code into the App", async () => {
        const { data } = await createPersonalCalls({ apiUrl, token: null })("POST /app-manifests/{code}/conversions", { code });
        const app = created.parse(data);
        return { ...factsOf(app), appId: app.id, privateKey: app.pem, clientId: app.client_id, clientSecret: app.client_secret };
      }),
    describe: (app) => call(`ask who App ${app.appId} is`, async () => factsOf(facts.parse((await asApp(app)("GET /app")).data))),
    installations: (app) => call("list the App's installations", async () => readInstallations(asApp(app), "GET /app/installations")),
    hookUrl: (app) => call("read the App's webhook", async () => hookConfig.parse((await asApp(app)("GET /app/hook/config")).data).url ?? null),
    setHook: (app, url, secret) =>
      call("set the App's webhook", async () => {
        // As `data`: Octokit would take a parameter named url for the request's own.
        await asApp(app)("PATCH /app/hook/config", { data: { url, secret, content_type: "json", insecure_ssl: "0" } });
      }),
  };
}

function factsOf({ name, slug, html_url: htmlUrl, owner, client_id: clientId, permissions, events }: z.output<typeof facts>): AppFacts {
  const known = owner ? { login: owner.login, kind: owner.type === "Organization" ? "organization" : "user" } as const : null;
  return { name, slug, htmlUrl, owner: known, clientId: clientId ?? null, permissions, events };
}

/** Where its owner changes it. GitHub has no API for an App's permissions, events and addresses. */
export function settingsUrl(webOrigin: string, { owner, slug }: Pick<AppFacts, "owner" | "slug">): string {
  const account = owner?.kind === "organization" ? `/organizations/${owner.login}` : "";
  return `${webOrigin}${account}/settings/apps/${slug}`;
}

/** Where an owner installs the App. GitHub asks there on which account and repositories. */
export function installUrl({ htmlUrl }: Pick<AppFacts, "htmlUrl">): string {
  return `${htmlUrl}/installations/new`;
}

/** A new error without the old one: Octokit's holds the request, and its answer may hold keys. */
function githubTrouble(doing: string, error: unknown, apiUrl: string): OperatorError {
  if (error instanceof OperatorError) return error;
  if (error instanceof z.ZodError) return new OperatorError(`Could not ${doing}: ${apiUrl} answered something that is not GitHub's. Check --host and GITHUB_API_URL.`);
  const status = error instanceof GithubCallError ? error.status : 0;
  if (status === 0) return new OperatorError(`Could not ${doing}: no answer from ${apiUrl}. Check the network, --host and GITHUB_API_URL.`);
  if (status === 401) return new OperatorError(`Could not ${doing}: GitHub does not know this key (401). The App's number and private key have to belong together, and to ${apiUrl}.`);
  if (status === 404) return new OperatorError(`Could not ${doing}: GitHub has no such thing (404). A code works once and for an hour; begin again.`);
  if (status === 429 || status === 403) return new OperatorError(`Could not ${doing}: GitHub refused (${status}), perhaps because of too many calls. Wait some minutes and run it again.`);
  return new OperatorError(`Could not ${doing}: GitHub answered ${status}. Run it again; https://www.githubstatus.com tells whether GitHub has trouble.`);
}
