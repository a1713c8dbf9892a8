import { randomBytes, timingSafeEqual } from "node:crypto";
import type { RunnerProfiles } from "../../core/runner-profiles.ts";
import type { Markup } from "../../pages/layout.ts";
import { OperatorError } from "../aws-trouble.ts";
import { PERSONAL_CHOICES, permissionsFor, profilesLeftOut, type AppChoices } from "./app-choices.ts";
import type { AppKeeper, AppKeys } from "./app-keeper.ts";
import { appManifest, LONGEST_APP_NAME, manifestUrl, type AppTemplate } from "./app-manifest.ts";
import { completeApp, keysFor } from "./complete-app.ts";
import { findExistingApp, lookAgain, type ExistingApp } from "./existing-app.ts";
import { settingsUrl, type AppFacts, type GithubApps } from "./github-app.ts";
import { choosePage } from "./pages/choose-page.ts";
import { comparePage } from "./pages/compare-page.ts";
import { donePage, refusedPage, retryPage, type NextSteps } from "./pages/done-page.ts";
import { existingPage } from "./pages/existing-page.ts";
import { reviewPage } from "./pages/review-page.ts";
import { defaultName, isLogin, readForm, type SetupForm } from "./setup-form.ts";
import type { SetupPlace } from "./setup-place.ts";

export interface SetupSessionOptions {
  readonly place: SetupPlace;
  readonly webOrigin: string;
  readonly template: AppTemplate;
  /** Those in use where the App is for. */
  readonly profiles: RunnerProfiles;
  readonly github: GithubApps;
  /** Where the keys of an App with that webhook go. */
  readonly keeperFor: (webhookUrl: string | null) => AppKeeper;
  /** Makes a channel of a webhook relay. */
  readonly createRelay: () => Promise<string>;
  readonly form: SetupForm;
  readonly next: NextSteps;
}

export interface SetupAnswer {
  readonly status: 200 | 400 | 422 | 502;
  readonly title: string;
  readonly body: Markup;
}

export interface SetupSession {
  choose(): SetupAnswer;
  review(fields: URLSearchParams, origin: string): Promise<SetupAnswer>;
  /** GitHub's redirect. */
  created(query: URLSearchParams): Promise<SetupAnswer>;
  existing(): SetupAnswer;
  /** Shows what an App that exists has and lacks; changes nothing. */
  connect(fields: URLSearchParams): Promise<SetupAnswer>;
  lookAgain(): Promise<SetupAnswer>;
  take(): Promise<SetupAnswer>;
  retry(): Promise<SetupAnswer>;
  /** Set once all is done. */
  outcome(): SetupOutcome | null;
  /** An App that was created and whose key exists in this process only. */
  unkept(): (Pick<AppFacts, "name" | "htmlUrl"> & { readonly appId: number }) | null;
}

export interface SetupOutcome {
  readonly appId: number;
  readonly facts: AppFacts;
  readonly steps: readonly string[];
  /** Setup created it, with all that it needs. */
  readonly isNew: boolean;
}

interface Pending {
  readonly keys: AppKeys;
  readonly facts: AppFacts;
  readonly keeper: AppKeeper;
  readonly webhookUrl: string | null;
  readonly isNew: boolean;
  readonly begun: string;
}

/** Another App would take the place of one whose key may be in this process only. */
const UNFINISHED = "This App is not set up to the end yet. To take another one end setup with Ctrl-C and run it again.";
const NO_LEVEL = "Choose at least one level of runners: without one the App could register none.";

/** One setup, from choice to kept keys. Holds the keys of an App between GitHub and the keeper, and answers pages that never show them. */
export function createSetupSession(options: SetupSessionOptions): SetupSession {
  const { place, webOrigin, template, profiles, github } = options;
  const scopedProfiles = profiles.profiles.filter(({ scope }) => scope === "repository").map(({ name }) => name);
  let form = options.form;
  /** The webhook of each manifest that was shown, by its one-time state. */
  const states = new Map<string, string | null>();
  let relay: string | null = null;
  let found: { readonly app: ExistingApp; readonly webhookUrl: string | null } | null = null;
  let pending: Pending | null = null;
  let kept = false;
  let outcome: SetupOutcome | null = null;

  return {
    outcome: () => outcome,
    unkept: () => (pending === null || kept || !pending.isNew ? null : { ...pending.facts, appId: pending.keys.appId }),
    choose: () => (pending === null ? chooseAnswer(null) : retryAnswer(UNFINISHED)),
    existing: () => (pending === null ? existingAnswer(null) : retryAnswer(UNFINISHED)),

    async review(fields, origin) {
      if (pending !== null) return retryAnswer(UNFINISHED);
      form = readForm(fields, form);
      if (form.owner === "organization" && !isLogin(form.organization)) return chooseAnswer("Name the organization that shall own the App, as in its address on GitHub.");
      const organization = form.owner === "organization" ? form.organization : null;
      const choices = organization === null ? PERSONAL_CHOICES : form.choices;
      if (!hasLevel(choices)) return chooseAnswer(NO_LEVEL);
      const name = form.name === "" ? defaultName(organization) : form.name;
      if (name.length > LONGEST_APP_NAME) return chooseAnswer(`An App's name has at most ${LONGEST_APP_NAME} characters.`);
      let webhookUrl: string | null;
      try {
        webhookUrl = await chosenWebhook();
      } catch (error) {
        return chooseAnswer(messageOf(error));
      }
      const state = randomBytes(24).toString("base64url");
      states.set(state, webhookUrl);
      const permissions = permissionsFor(template, choices);
      const { pagesUrl, githubHost } = place;
      const manifest = appManifest(template, { name, permissions, webhookUrl, redirectUrl: `${origin}/created`, pagesUrl });
      const view = { events: template.default_events, permissions, leftOut: organization === null ? [] : profilesLeftOut(profiles, choices), owner: organization ?? "your account", name, webhookUrl, pagesUrl, manifest, action: manifestUrl(webOrigin, organization, state), githubHost };
      return { status: 200, title: "Review", body: reviewPage(view) };
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
        pending = { keys, facts: app, keeper: options.keeperFor(webhookUrl), webhookUrl, isNew: true, begun: `${app.name} created` };
      } catch (error) {
        return chooseAnswer(messageOf(error));
      }
      return complete(pending);
    },

    async connect(fields) {
      if (pending !== null) return retryAnswer(UNFINISHED);
      form = readForm(fields, form);
      if (!hasLevel(form.choices)) return existingAnswer(NO_LEVEL);
      try {
        const app = await findExistingApp(github, { appId: fields.get("appId") ?? "", privateKey: fields.get("privateKey") ?? "", clientSecret: fields.get("clientSecret") ?? "" });
        found = { app, webhookUrl: await chosenWebhook() };
      } catch (error) {
        return existingAnswer(messageOf(error));
      }
      return compareAnswer(found.app, null);
    },

    async lookAgain() {
      if (pending !== null) return retryAnswer(UNFINISHED);
      if (found === null) return existingAnswer(null);
      try {
        found = { ...found, app: await lookAgain(github, found.app) };
      } catch (error) {
        return compareAnswer(found.app, messageOf(error));
      }
      return compareAnswer(found.app, null);
    },

    async take() {
      if (pending !== null) return retryAnswer(UNFINISHED);
      if (found === null) return existingAnswer(null);
      const { app, webhookUrl } = found;
      pending = { keys: keysFor(app, app.oauth), facts: app.facts, keeper: options.keeperFor(webhookUrl), webhookUrl, isNew: false, begun: `GitHub knows the key of ${app.facts.name}` };
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
    outcome = { appId: app.keys.appId, facts: app.facts, steps, isNew: app.isNew };
    return { status: 200, title: "Install", body: donePage({ place, app: app.facts, done: steps, next: options.next }) };
  }

  function chooseAnswer(trouble: string | null): SetupAnswer {
    return { status: trouble === null ? 200 : 422, title: "Create the GitHub App", body: choosePage({ place, form, scopedProfiles, trouble }) };
  }

  function existingAnswer(trouble: string | null): SetupAnswer {
    return { status: trouble === null ? 200 : 422, title: "Connect an App", body: existingPage({ place, form, scopedProfiles, trouble }) };
  }

  function compareAnswer(app: ExistingApp, trouble: string | null): SetupAnswer {
    const needed = { permissions: permissionsFor(template, form.choices), events: template.default_events };
    const leftOut = profilesLeftOut(profiles, form.choices);
    const view = { place, app: app.facts, needed, leftOut, installations: app.installations, canSignIn: app.oauth !== null, settingsUrl: settingsUrl(webOrigin, app.facts), trouble };
    return { status: trouble === null ? 200 : 502, title: "Review", body: comparePage(view) };
  }

  function retryAnswer(trouble: string): SetupAnswer {
    return { status: 502, title: "Not done yet", body: retryPage({ place, app: pending?.facts ?? { name: "The App" }, trouble, kept }) };
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

function hasLevel({ organizationRunners, repositoryRunners }: AppChoices): boolean {
  return organizationRunners || repositoryRunners;
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
