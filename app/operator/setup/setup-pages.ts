import { html } from "hono/html";
import type { Markup } from "../../pages/layout.ts";
import { installUrl, type AppFacts } from "./github-app.ts";

/** What a person has put into the first page's form, to be shown again beside a fault. */
export interface SetupForm {
  readonly owner: "organization" | "personal";
  readonly organization: string;
  readonly name: string;
  readonly relay: "create" | "own" | "none";
  readonly relayUrl: string;
}

export interface SetupPlace {
  /** "the stack Baton in eu-west-1" or ".env". */
  readonly place: string;
  /** Host of GitHub's pages. */
  readonly githubHost: string;
  /** Where events go; `null` on a laptop, which needs a relay. */
  readonly webhookUrl: string | null;
}

const STEPS = ["Choose", "Review", "Install"] as const;

function steps(current: (typeof STEPS)[number]): Markup {
  return html`<ol class="steps">${STEPS.map((step, index) => html`<li${step === current ? html` aria-current="step"` : null}>${index + 1}. ${step}</li>`)}</ol>`;
}

function fault(text: string | null): Markup | null {
  return text === null ? null : html`<p role="alert">${text}</p>`;
}

export function choosePage(place: SetupPlace, form: SetupForm, trouble: string | null): Markup {
  return html`${steps("Choose")}
<h1>Create the GitHub App</h1>
<p>Baton acts as a GitHub App of your own. It is created on <strong>${place.githubHost}</strong>; its keys go from GitHub to ${place.place}, and are never shown.</p>
${fault(trouble)}
<form class="card" method="post" action="/review">
<fieldset>
<legend>Who owns it?</legend>
<label class="choice"><input type="radio" name="owner" value="organization"${checked(form.owner === "organization")}> <span>An organization. Runners register there, for all repositories you choose.</span></label>
<label class="field" for="organization">Name of the organization</label>
<input type="text" id="organization" name="organization" value="${form.organization}" placeholder="acme" autocomplete="off" autocapitalize="none" spellcheck="false">
<label class="choice"><input type="radio" name="owner" value="personal"${checked(form.owner === "personal")}> <span>My personal account. It has repository-level runners only, which need a broader permission.</span></label>
</fieldset>
<label class="field" for="name">Name of the App</label>
<input type="text" id="name" name="name" value="${form.name}" maxlength="34" autocomplete="off" placeholder="chosen for you" aria-describedby="name-note">
<small class="note" id="name-note">Unique among all of GitHub, at most 34 characters. You can still change it on GitHub's page.</small>
${place.webhookUrl === null ? relayChoice(form) : null}
<button>Review</button>
</form>
<details class="card"><summary>Connect an App that exists already</summary>
<form method="post" action="/connect">
<p>Its webhook will be set to ${place.webhookUrl === null ? "the relay chosen here" : html`<code>${place.webhookUrl}</code>`} with a new secret: another Baton that uses the same App stops hearing of jobs.</p>
<label class="field" for="appId">App ID</label>
<input type="text" id="appId" name="appId" inputmode="numeric" autocomplete="off">
<label class="field" for="privateKey">Private key: the whole .pem file, pasted</label>
<textarea id="privateKey" name="privateKey" autocomplete="off" spellcheck="false"></textarea>
${place.webhookUrl === null ? relayChoice(form, "connect-") : null}
<button>Connect</button>
</form>
</details>`;
}

function relayChoice(form: SetupForm, prefix = ""): Markup {
  return html`<fieldset>
<legend>How do events reach this machine?</legend>
<label class="choice"><input type="radio" name="relay" value="create"${checked(form.relay === "create")}> <span>By a new channel of smee.io. Events pass through that service; who knows the channel's address can read them.</span></label>
<label class="choice"><input type="radio" name="relay" value="own"${checked(form.relay === "own")}> <span>By this address:</span></label>
<input type="url" id="${prefix}relayUrl" name="relayUrl" value="${form.relayUrl}" placeholder="https://smee.io/CHANNEL" aria-label="Address of the relay" autocomplete="off">
<label class="choice"><input type="radio" name="relay" value="none"${checked(form.relay === "none")}> <span>Not yet; I set the webhook myself.</span></label>
</fieldset>`;
}

function checked(is: boolean): Markup | null {
  return is ? html` checked` : null;
}

/** Why each permission is asked for; what is not here shows without a reason. */
const REASONS: Readonly<Record<string, string>> = {
  organization_self_hosted_runners: "register runners, list them and remove them",
  administration: "register runners of single repositories",
  actions: "see whether a job is still queued",
  metadata: "every App has it",
  single_file: "read the organization's rules from one file",
  members: "see who may administer the organization",
};

export interface Review {
  readonly events: readonly string[];
  readonly permissions: Readonly<Record<string, string>>;
  readonly owner: string;
  readonly name: string;
  readonly webhookUrl: string | null;
  readonly manifest: object;
  /** GitHub's page that takes the manifest. */
  readonly action: string;
  readonly githubHost: string;
}

export function reviewPage({ events, permissions, owner, name, webhookUrl, manifest, action, githubHost }: Review): Markup {
  return html`${steps("Review")}
<h1>This is what GitHub will be asked for</h1>
<div class="card">
<table>
<tbody>
<tr><th scope="row">App</th><td>${name}, owned by ${owner}, private</td></tr>
<tr><th scope="row">Events</th><td>${events.join(", ")}</td></tr>
<tr><th scope="row">Sent to</th><td>${webhookUrl === null ? "nowhere yet" : html`<code>${webhookUrl}</code>`}</td></tr>
</tbody>
</table>
</div>
<div class="card">
<h2>Permissions</h2>
<table>
<thead><tr><th scope="col">permission</th><th scope="col">access</th><th scope="col">what for</th></tr></thead>
<tbody>${Object.entries(permissions).map(([permission, access]) => html`<tr><td><code>${breakable(permission)}</code></td><td class="short">${access}</td><td>${REASONS[permission] ?? ""}</td></tr>`)}</tbody>
</table>
<p class="quiet">From <code>app.yml</code>. ${"administration" in permissions ? "GitHub has no narrower permission for a repository's runners than administration, which can change its settings too." : "It reads no code and no secrets."}</p>
</div>
<form method="post" action="${action}">
<input type="hidden" name="manifest" value="${JSON.stringify(manifest)}">
<button>Continue on ${githubHost}</button>
</form>
<p class="quiet">GitHub asks once more and sends you back here. <a href="/">Change something</a></p>`;
}

/** A name of many words may wrap between them. */
function breakable(name: string): Markup {
  return html`${name.split("_").map((word, index) => (index === 0 ? word : html`_<wbr>${word}`))}`;
}

export function donePage(place: SetupPlace, app: Pick<AppFacts, "name" | "htmlUrl">, doneSteps: readonly string[], next: readonly string[]): Markup {
  return html`${steps("Install")}
<h1>${app.name} is ready. Install it</h1>
<ul class="done">${doneSteps.map((step) => html`<li>${step}</li>`)}</ul>
<div class="card">
<h2>Install it on your organization</h2>
<p>GitHub asks which repositories it may see. Jobs of others are not touched.</p>
<a class="button" href="${installUrl(app)}">Install on ${place.githubHost}</a>
</div>
<div class="card"><h2>Then</h2>${next.map((line) => html`<pre>${line}</pre>`)}</div>
<p class="quiet">This page's server has closed. Nothing of the keys was shown or logged.</p>`;
}

/** Something after the App's creation failed. Not kept: its keys are in this process only. */
export function retryPage(app: Pick<AppFacts, "name">, place: SetupPlace, trouble: string, kept: boolean): Markup {
  return html`${steps("Install")}
<h1>${app.name} is there, but not set up to the end</h1>
${fault(trouble)}
<p>Put that right and try again: nothing has to be created twice. ${
    kept ? `Its keys are in ${place.place}.` : `Keep this program running until then: GitHub hands a key out once, and it is on its way to ${place.place}.`
  }</p>
<form method="post" action="/retry"><button>Try again</button></form>`;
}

export function refusedPage(title: string, text: string): Markup {
  return html`<h1>${title}</h1><p>${text}</p>`;
}
