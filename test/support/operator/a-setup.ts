import { defaultChoices } from "../../../app/operator/setup/app-choices.ts";
import type { AppKeeper, AppKeys } from "../../../app/operator/setup/app-keeper.ts";
import { readAppTemplate } from "../../../app/operator/setup/app-manifest.ts";
import { OperatorError } from "../../../app/operator/aws-trouble.ts";
import type { GithubApps } from "../../../app/operator/setup/github-app.ts";
import { startSetupServer } from "../../../app/operator/setup/setup-server.ts";
import { createSetupSession, type SetupSession } from "../../../app/operator/setup/setup-session.ts";
import { aPrivateKey } from "../a-private-key.ts";
import { aPolicy, type ProfileInput } from "../test-profiles.ts";
import { aBrowser, formOf, type Browser } from "./a-browser.ts";

export const pem = aPrivateKey();
export const GITHUB = "https://github.example.com";
const facts = {
  name: "<b>Baton</b>",
  slug: "baton",
  htmlUrl: `${GITHUB}/github-apps/baton`,
  owner: { login: "acme", kind: "organization" },
  clientId: "Iv1",
  permissions: { organization_self_hosted_runners: "write", actions: "read", metadata: "read" } as Record<string, string>,
  events: ["workflow_job"],
} as const;

/** A GitHub that knows one code, and notes what it is told. */
function fakeGithub() {
  const hooks: { url: string; secret: string }[] = [];
  const failures: string[] = [];
  const described = { ...facts, permissions: { ...facts.permissions } };
  const github: GithubApps = {
    async convert(code) {
      if (code !== "good") throw new OperatorError("GitHub has no such code");
      return { ...facts, appId: 7, privateKey: pem, clientId: "Iv1", clientSecret: "client-secret" };
    },
    describe: async () => structuredClone(described),
    installations: async () => [
      { id: "1", account: { login: "acme", id: "2", kind: "organization" }, repositorySelection: "all", suspendedAt: null, permissions: facts.permissions, events: ["workflow_job"], htmlUrl: `${GITHUB}/organizations/acme/settings/installations/1` },
    ],
    hookUrl: async () => hooks.at(-1)?.url ?? null,
    async setHook(_, url, secret) {
      const failure = failures.shift();
      if (failure !== undefined) throw new OperatorError(failure);
      hooks.push({ url, secret });
    },
  };
  return { github, hooks, failures, described };
}

function fakeKeeper() {
  const kept: AppKeys[] = [];
  const failures: string[] = [];
  const keeper: AppKeeper = {
    place: "the stack Baton",
    current: async () => kept.at(-1) ?? null,
    async keep(keys) {
      const failure = failures.shift();
      if (failure !== undefined) throw new OperatorError(failure);
      kept.push(keys);
    },
  };
  return { keeper, kept, failures };
}

interface SetupChanges {
  readonly webhookUrl?: string | null;
  readonly pagesUrl?: string;
  readonly profiles?: readonly ProfileInput[];
}

/** A setup with its page open to nobody yet, before a GitHub and a keeper that fail when they are told to. */
export async function aSetup(changes: SetupChanges = {}) {
  const { webhookUrl = "https://hook.example/api/github/webhooks" } = changes;
  const github = fakeGithub();
  const keeper = fakeKeeper();
  const relays: string[] = [];
  const profiles = aPolicy(...(changes.profiles ?? []));
  const session: SetupSession = createSetupSession({
    place: { place: "the stack Baton", githubHost: "github.example.com", webhookUrl, pagesUrl: changes.pagesUrl ?? null },
    webOrigin: GITHUB,
    template: readAppTemplate("app.yml"),
    profiles,
    github: github.github,
    keeperFor: () => keeper.keeper,
    createRelay: async () => {
      relays.push(`https://smee.io/${relays.length}`);
      return relays.at(-1) ?? "";
    },
    form: { owner: "organization", organization: "acme", name: "", choices: defaultChoices(profiles, changes.pagesUrl !== undefined), relay: "create", relayUrl: "" },
    next: { beforeInstall: [], afterInstall: ["npm run smoke"] },
  });
  const server = await startSetupServer({ session, port: 0, githubOrigin: GITHUB, aside: "setup" });
  const { url } = server;
  const browser = aBrowser();
  return { ...github, ...keeper, keepFailures: keeper.failures, hookFailures: github.failures, session, server, url, browser, origin: new URL(url).origin, relays };
}

/** As far as GitHub's page; the state that it would send back. */
export async function reviewed({ browser, url, origin }: { browser: Browser; url: string; origin: string }, fields: Record<string, string> = {}) {
  const first = await browser.get(url);
  const review = await browser.post(formOf(first, /review/).action, { owner: "organization", organization: "acme", name: "", ...fields }, origin);
  const form = formOf(review, /settings\/apps\/new/);
  return { review, form, state: new URL(form.action).searchParams.get("state") ?? "" };
}

