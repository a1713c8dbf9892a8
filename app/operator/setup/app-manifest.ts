import { readFileSync } from "node:fs";
import { parse } from "yaml";
import * as z from "zod";
import { pageAddresses } from "./page-addresses.ts";

const permission = z.enum(["read", "write", "admin"]);
const template = z.object({
  name: z.string(),
  description: z.string().optional(),
  url: z.url(),
  public: z.boolean(),
  default_events: z.array(z.string()),
  default_permissions: z.record(z.string(), permission),
});

/** What `app.yml` asks for. */
export type AppTemplate = z.output<typeof template>;

/** GitHub's limit for an App's name, which has to be unique among all of GitHub. */
export const LONGEST_APP_NAME = 34;

export function readAppTemplate(file: string): AppTemplate {
  const parsed = template.safeParse(parse(readFileSync(file, "utf8")));
  if (parsed.success) return parsed.data;
  throw new Error(`${file} is not an App manifest:\n${z.prettifyError(parsed.error)}`);
}

export interface ManifestWishes {
  readonly name: string;
  readonly permissions: AppTemplate["default_permissions"];
  /** Where GitHub sends events; `null` when that comes later. */
  readonly webhookUrl: string | null;
  /** Where GitHub sends the browser with the code. */
  readonly redirectUrl: string;
  /** Of the admin pages; `null` where there are none. */
  readonly pagesUrl: string | null;
}

/** GitHub docs, "Registering a GitHub App from a manifest". */
export function appManifest(template: AppTemplate, { name, permissions, webhookUrl, redirectUrl, pagesUrl }: ManifestWishes): object {
  return {
    ...template,
    default_permissions: permissions,
    name,
    redirect_url: redirectUrl,
    // GitHub wants a URL even of a hook that is off.
    hook_attributes: webhookUrl === null ? { url: "https://example.com/baton-has-no-webhook-yet", active: false } : { url: webhookUrl, active: true },
    // GitHub has no setup URL for an App that asks people to sign in while they install it.
    request_oauth_on_install: false,
    ...(pagesUrl !== null && pageMembers(pagesUrl)),
  };
}

function pageMembers(pagesUrl: string): object {
  const { callbackUrl, setupUrl } = pageAddresses(pagesUrl);
  return { url: pagesUrl, callback_urls: [callbackUrl], setup_url: setupUrl, setup_on_update: true };
}

/** The page of GitHub that takes the manifest. */
export function manifestUrl(webOrigin: string, organization: string | null, state: string): string {
  const path = organization === null ? "/settings/apps/new" : `/organizations/${encodeURIComponent(organization)}/settings/apps/new`;
  return `${webOrigin}${path}?state=${encodeURIComponent(state)}`;
}
