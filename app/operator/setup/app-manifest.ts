import { readFileSync } from "node:fs";
import { parse } from "yaml";
import * as z from "zod";

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
  /** `null` is the personal account. */
  readonly organization: string | null;
  /** Where GitHub sends events; `null` when that comes later. */
  readonly webhookUrl: string | null;
  /** Where GitHub sends the browser with the code. */
  readonly redirectUrl: string;
}

/** A personal account has no organization's runners, only those of its repositories, which `administration` alone can register. */
export function permissionsFor(template: AppTemplate, organization: string | null): AppTemplate["default_permissions"] {
  if (organization !== null) return template.default_permissions;
  const { organization_self_hosted_runners: _, ...others } = template.default_permissions;
  return { administration: "write", ...others };
}

/** GitHub docs, "Registering a GitHub App from a manifest". */
export function appManifest(template: AppTemplate, { name, organization, webhookUrl, redirectUrl }: ManifestWishes): object {
  return {
    ...template,
    default_permissions: permissionsFor(template, organization),
    name,
    redirect_url: redirectUrl,
    // GitHub wants a URL even of a hook that is off.
    hook_attributes: webhookUrl === null ? { url: "https://example.com/baton-has-no-webhook-yet", active: false } : { url: webhookUrl, active: true },
  };
}

/** The page of GitHub that takes the manifest. */
export function manifestUrl(webOrigin: string, organization: string | null, state: string): string {
  const path = organization === null ? "/settings/apps/new" : `/organizations/${encodeURIComponent(organization)}/settings/apps/new`;
  return `${webOrigin}${path}?state=${encodeURIComponent(state)}`;
}
