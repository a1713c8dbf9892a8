import { html } from "hono/html";
import * as z from "zod";
import { accountPayload } from "../payloads/account-payload.ts";
import { checkAuthorizeRequest, exchangeCode, issueCode } from "../state/oauth.ts";
import { accountOfPerson, findPerson } from "../state/people.ts";
import { notFound, Refusal } from "../state/refusal.ts";
import type { StateKeeper } from "../state-keeper.ts";
import { parseBody } from "./parse-body.ts";
import { param, type Answer, type Call, type Route } from "./route.ts";
import { simulatedPage } from "./simulated-page.ts";

const AUTHORIZE = "/login/oauth/authorize";

/** Signing people in by the App: GitHub's web flow with PKCE. Who somebody is, they say by a click. */
export function oauthRoutes({ state, change }: StateKeeper): Route[] {
  return [
    {
      method: "GET",
      path: AUTHORIZE,
      access: "control",
      async handle({ query }) {
        checkAuthorizeRequest(state, query);
        return { status: 200, html: await choosePersonPage(query, state.app.name, [...state.people.values()]) };
      },
    },
    {
      method: "POST",
      path: AUTHORIZE,
      access: "control",
      handle({ text }) {
        const form = new URLSearchParams(text);
        const request = checkAuthorizeRequest(state, form);
        const login = form.get("login");
        if (login === null) return backTo(request.redirectUri, form, { error: "access_denied", error_description: "The user has denied your application access." });
        const person = state.people.get(login.toLowerCase());
        if (!person) throw new Refusal(400, `Nobody here is called ${login}.`);
        return backTo(request.redirectUri, form, { code: change((_, now) => issueCode(state, request, person, now)) });
      },
    },
    {
      method: "POST",
      path: "/login/oauth/access_token",
      access: "control",
      handle(call) {
        const form = formOf(call);
        const exchanged = change((_, now) => exchangeCode(state, form, now));
        const body = "token" in exchanged ? { access_token: exchanged.token, expires_in: state.times.userToken / 1000, scope: "", token_type: "bearer" } : exchanged;
        if (/\bjson\b/.test(call.headers.accept ?? "")) return { status: 200, body };
        return { status: 200, text: new URLSearchParams(Object.entries(body).map(([name, value]): [string, string] => [name, String(value)])).toString() };
      },
    },
    {
      method: "DELETE",
      path: "/applications/{client}/token",
      access: "anyone",
      handle(call) {
        const { clientId, clientSecret } = state.app;
        const expected = `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString("base64")}`;
        if (param(call, "client") !== clientId || call.headers.authorization !== expected) throw notFound();
        const { access_token: token } = parseBody(call, z.object({ access_token: z.string() }));
        if (!change(() => state.userTokens.delete(token))) throw notFound();
        return { status: 204 };
      },
    },
    {
      method: "GET",
      path: "/user",
      access: "user",
      handle({ caller }) {
        const person = caller.kind === "user" ? caller.person : findPerson(state, caller.kind === "person" ? caller.login : "");
        return { status: 200, body: { ...accountPayload(state, accountOfPerson(person)), ...PROFILE, name: person.name } };
      },
    },
  ];
}

/** The public part of GitHub's "private user". */
const PROFILE = {
  company: null, blog: "", location: null, email: null, hireable: null, bio: null, twitter_username: null, notification_email: null,
  public_repos: 0, public_gists: 0, followers: 0, following: 0, created_at: "2020-01-01T00:00:00Z", updated_at: "2020-01-01T00:00:00Z",
};

function backTo(redirectUri: string, given: URLSearchParams, answer: Readonly<Record<string, string>>): Answer {
  const url = new URL(redirectUri);
  for (const [name, value] of Object.entries(answer)) url.searchParams.set(name, value);
  const state = given.get("state");
  if (state !== null) url.searchParams.set("state", state);
  return { status: 302, headers: { location: url.href } };
}

/** GitHub takes parameters from the query, a form or JSON. */
function formOf({ query, text, headers }: Call): URLSearchParams {
  const form = new URLSearchParams(query);
  const isJson = /\bjson\b/.test(headers["content-type"] ?? "");
  const entries = isJson ? Object.entries(JSON.parse(text) as Record<string, unknown>).map(([name, value]) => [name, String(value)] as const) : new URLSearchParams(text);
  for (const [name, value] of entries) form.set(name, value);
  return form;
}

function choosePersonPage(query: URLSearchParams, app: string, people: readonly { readonly login: string; readonly roles: ReadonlyMap<string, string> }[]) {
  const hidden = [...query].map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`);
  const roles = ({ roles: all }: (typeof people)[number]) => [...all].map(([organization, role]) => `${role} of ${organization}`).join(", ") || "in no organization";
  return simulatedPage(
    `Authorize ${app}`,
    html`<p>This GitHub is simulated: who are you?</p>
<form method="post" action="${AUTHORIZE}">
${hidden}
${people.map((person) => html`<button name="login" value="${person.login}"><strong>${person.login}</strong>, ${roles(person)}</button>\n`)}
<button>Cancel</button>
</form>`,
  );
}
