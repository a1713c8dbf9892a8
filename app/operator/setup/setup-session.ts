import { randomBytes, timingSafeEqual } from "node:crypto";
import * as z from "zod";
import { parsePrivateKey } from "../../parse-private-key.ts";
import type { Markup } from "../../pages/layout.ts";
import { OperatorError } from "../aws-trouble.ts";
import type { AppKeeper, AppKeys } from "./app-keeper.ts";
import { appManifest, LONGEST_APP_NAME, manifestUrl, permissionsFor, type AppTemplate } from "./app-manifest.ts";
import { completeApp, keysFor } from "./complete-app.ts";
import type { AppFacts, GithubApps } from "./github-app.ts";
import { choosePage, donePage, refusedPage, retryPage, reviewPage, type SetupForm, type SetupPlace } from "./setup-pages.ts";

export interface SetupSessionOptions {
  readonly place: SetupPlace;
  readonly webOrigin: string;
  readonly template: AppTemplate;
  readonly github: GithubApps;
  /** Where the keys of an App with that webhook go. */
  readonly keeperFor: (webhookUrl: string | null) => AppKeeper;
  /** Makes a channel of a webhook relay. */
  readonly createRelay: () => Promise<string>;
  readonly form: SetupForm;
  /** Commands for after the installation. */
  readonly next: readonly string[];
}

/** `done` with the page that says so: the server may close after it. */
export interface SetupAnswer {
  readonly status: number;
  readonly title: string;
  readonly body: Markup;
}

export interface SetupSession {
  choose(): SetupAnswer;
  review(fields: URLSearchParams, origin: string): Promise<SetupAnswer>;
  connect(fields: URLSearchParams): Promise<SetupAnswer>;
  /** GitHub's redirect. */
  created(query: URLSearchParams): Promise<SetupAnswer>;
  retry(): Promise<SetupAnswer>;
  /** Set once all is done. */
  outcome(): SetupOutcome | null;
  /** An App at GitHub whose key exists in this process only. */
  unkept(): (Pick<AppFacts, "name" | "htmlUrl"> & { readonly appId: number }) | null;
}

export interface SetupOutcome {
  readonly appId: number;
  readonly facts: AppFacts;
  readonly steps: readonly string[];
}

interface Pending {
  readonly keys: AppKeys;
  readonly facts: AppFacts;
  readonly keeper: AppKeeper;
  readonly webhookUrl: string | null;
  readonly begun: string;
}

/** GitHub's rules for a login, and `_` for accounts that an enterprise manages. */
const login = z.string().regex(/^[a-z0-9](?:[a-z0-9_-]{0,38})$/i);

/** Another App would take the place of one whose key may be in this process only. */
const UNFINISHED = "This App is not set up to the end yet. To take another one end setup with Ctrl-C and run it again.";

/** One setup, from choice to kept keys. Holds the keys of an App between GitHub and the keeper, and answers pages that never show them. */
export function createSetupSession(options: SetupSessionOptions): SetupSession {
  const { place, webOrigin, template, github } = options;
  let form = options.form;
  /** The webhook of each manifest that was shown, by its one-time state. */
  const states = new Map<string, string | null>();
  let relay: string | null = null;
  let pending: Pending | null = null;
  let kept = false;
  let outcome: SetupOutcome | null = null;

  return {
    outcome: () => outcome,
    unkept: () => (pending === null || kept ? null : { ...pending.facts, appId: pending.keys.appId }),
    choose: () => (pending === null ? chooseAnswer(null) : retryAnswer(UNFINISHED)),

    async review(fields, origin) {
      if (pending !== null) return retryAnswer(UNFINISHED);
      form = readForm(fields, form);
      if (form.owner === "organization" && !login.safeParse(form.organization).success) return chooseAnswer("Name the organization that shall own the App, as in its address on GitHub.");
      const owner = form.owner === "organization" ? form.organization : null;
      const name = form.name === "" ? defaultName(owner) : form.name;
      if (name.length > LONGEST_APP_NAME) return chooseAnswer(`An App's name has at most ${LONGEST_APP_NAME} characters.`);
      let webhookUrl: string | null;
      try {
        webhookUrl = await chosenWebhook();
      } catch (error) {
        return chooseAnswer(messageOf(error));
      }
      const state = randomBytes(24).toString("base64url");
      states.set(state, webhookUrl);
      const manifest = appManifest(template, { name, organization: owner, webhookUrl, redirectUrl: `${origin}/created` });
      const review = { events: template.default_events, permissions: permissionsFor(template, owner), owner: owner ?? "your account", name, webhookUrl, manifest, action: manifestUrl(webOrigin, owner, state), githubHost: place.githubHost };
      return { status: 200, title: "Review", body: reviewPage(review) };
    },

    async created(query) {
      const state = [...states.keys()].find((known) => same(known, query.get("state") ?? ""));
      const code = query.get("code") ?? "";
      if (state === undefined || code === "") {
        return { status: 400, title: "Not from here", body: refusedPage("This did not begin here", "The address has no code of GitHub, or not the state that this setup gave. Begin again at the first page.") };
      }
      const webhookUrl = states.get(state) ?? null;
      states.clear();
      try {
        const app = await github.convert(code);
        const keys = keysFor(app, { clientId: app.clientId, clientSecret: app.clientSecret });
        pending = { keys, facts: app, keeper: options.keeperFor(webhookUrl), webhookUrl, begun: `${app.name} created` };
      } catch (error) {
        return chooseAnswer(messageOf(error));
      }
      return complete(pending);
    },

    async connect(fields) {
      if (pending !== null) return retryAnswer(UNFINISHED);
      form = readForm(fields, form);
      const appId = Number(fields.get("appId"));
      if (!Number.isSafeInteger(appId) || appId <= 0) return chooseAnswer("The App ID is the number on the App's settings page.");
      const key = parsePrivateKey(fields.get("privateKey") ?? "");
      if (!key.ok) return chooseAnswer(`The private key ${key.fault}.`);
      try {
        const webhookUrl = await chosenWebhook();
        const facts = await github.describe({ appId, privateKey: key.pem });
        pending = { keys: keysFor({ appId, privateKey: key.pem }, null), facts, keeper: options.keeperFor(webhookUrl), webhookUrl, begun: `GitHub knows the key of ${facts.name}` };
      } catch (error) {
        return chooseAnswer(messageOf(error));
      }
      return complete(pending);
    },

    retry: async () => (pending === null ? chooseAnswer(null) : complete(pending)),
  };

  async function complete(app: Pending): Promise<SetupAnswer> {
    const steps = [app.begun];
    const done = (step: string) => {
      kept = true;
      steps.push(step);
    };
    try {
      await completeApp(app.keys, { github, keeper: app.keeper, webhookUrl: app.webhookUrl, done });
    } catch (error) {
      return retryAnswer(messageOf(error));
    }
    outcome = { appId: app.keys.appId, facts: app.facts, steps };
    return { status: 200, title: "Install", body: donePage(place, app.facts, steps, options.next) };
  }

  function chooseAnswer(trouble: string | null): SetupAnswer {
    return { status: trouble === null ? 200 : 422, title: "Create the GitHub App", body: choosePage(place, form, trouble) };
  }

  function retryAnswer(trouble: string): SetupAnswer {
    return { status: 502, title: "Not done yet", body: retryPage(pending?.facts ?? { name: "The App" }, place, trouble, kept) };
  }

  async function chosenWebhook(): Promise<string | null> {
    if (place.webhookUrl !== null) return place.webhookUrl;
    if (form.relay === "none") return null;
    if (form.relay === "own") {
      if (URL.canParse(form.relayUrl) && /^https?:$/.test(new URL(form.relayUrl).protocol)) return form.relayUrl;
      throw new OperatorError("Give the relay's address, such as https://smee.io/CHANNEL, or choose another way.");
    }
    try {
      // One channel, however often the form is sent.
      return (relay ??= await options.createRelay());
    } catch {
      throw new OperatorError("smee.io gave no channel. Check the network, or make one at https://smee.io/new and give its address.");
    }
  }
}

function readForm(fields: URLSearchParams, before: SetupForm): SetupForm {
  const text = (name: string) => (fields.get(name) ?? "").trim();
  const relay = text("relay");
  return {
    owner: fields.has("owner") ? (text("owner") === "personal" ? "personal" : "organization") : before.owner,
    organization: fields.has("organization") ? text("organization") : before.organization,
    name: fields.has("name") ? text("name") : before.name,
    relay: relay === "create" || relay === "own" || relay === "none" ? relay : before.relay,
    relayUrl: fields.has("relayUrl") ? text("relayUrl") : before.relayUrl,
  };
}

/** Unique among all of GitHub with some luck. */
function defaultName(organization: string | null): string {
  return `baton-${organization ?? randomBytes(3).toString("hex")}`.slice(0, LONGEST_APP_NAME);
}

function same(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function messageOf(error: unknown): string {
  if (error instanceof OperatorError) return error.message;
  // Anything else is a fault of ours, whose words might hold what it was given.
  return `Something went wrong inside setup (${error instanceof Error ? error.name : "unknown"}). Run it again.`;
}
