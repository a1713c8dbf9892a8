import { randomBytes } from "node:crypto";
import * as z from "zod";
import { defaultChoices, type AppChoices } from "./app-choices.ts";
import { LONGEST_APP_NAME } from "./app-manifest.ts";
import type { SetupTarget } from "./setup-targets.ts";

/** What a person has put into the first page's form, to be shown again beside a fault. */
export interface SetupForm {
  readonly owner: "organization" | "personal";
  readonly organization: string;
  readonly name: string;
  readonly choices: AppChoices;
  readonly relay: "create" | "own" | "none";
  readonly relayUrl: string;
}

/** GitHub's rules for a login, and `_` for accounts that an enterprise manages. */
const login = z.string().regex(/^[a-z0-9](?:[a-z0-9_-]{0,38})$/i);

/** The form before anybody has filled it in. */
export function firstForm({ profiles, place, knownWebhookUrl }: Pick<SetupTarget, "profiles" | "place" | "knownWebhookUrl">, given: Pick<SetupForm, "organization" | "name">): SetupForm {
  return {
    owner: "organization",
    ...given,
    choices: defaultChoices(profiles, place.pagesUrl !== null),
    relay: knownWebhookUrl === null ? "create" : "own",
    relayUrl: knownWebhookUrl ?? "",
  };
}

/** What the fields say; what they leave out stays as it was. */
export function readForm(fields: URLSearchParams, before: SetupForm): SetupForm {
  const text = (name: string) => (fields.get(name) ?? "").trim();
  const relay = text("relay");
  return {
    owner: fields.has("owner") ? (text("owner") === "personal" ? "personal" : "organization") : before.owner,
    organization: fields.has("organization") ? text("organization") : before.organization,
    name: fields.has("name") ? text("name") : before.name,
    // A box without its tick is no field at all: the form says that it had the boxes.
    choices: fields.has("choices")
      ? { organizationRunners: fields.has("organizationRunners"), repositoryRunners: fields.has("repositoryRunners"), administrators: fields.has("administrators") }
      : before.choices,
    relay: relay === "create" || relay === "own" || relay === "none" ? relay : before.relay,
    relayUrl: fields.has("relayUrl") ? text("relayUrl") : before.relayUrl,
  };
}

export function isLogin(text: string): boolean {
  return login.safeParse(text).success;
}

/** Unique among all of GitHub with some luck. */
export function defaultName(organization: string | null): string {
  return `baton-${organization ?? randomBytes(3).toString("hex")}`.slice(0, LONGEST_APP_NAME);
}
