import { html } from "hono/html";
import type { Markup } from "../../../pages/layout.ts";
import { permissionReason, type AppChoices, type Permissions } from "../app-choices.ts";
import { pageAddresses } from "../page-addresses.ts";
import type { SetupForm } from "../setup-form.ts";

const STEPS = ["Choose", "Review", "Install"] as const;

export function steps(current: (typeof STEPS)[number]): Markup {
  return html`<ol class="steps">${STEPS.map((step, index) => html`<li${step === current ? html` aria-current="step"` : null}>${index + 1}. ${step}</li>`)}</ol>`;
}

export function fault(text: string | null): Markup | null {
  return text === null ? null : html`<p role="alert">${text}</p>`;
}

export function checked(is: boolean): Markup | null {
  return is ? html` checked` : null;
}

/** Which levels and what else, and what each costs. `scopedProfiles`: names of the profiles with `scope: repository`. */
export function choiceFields(choices: AppChoices, scopedProfiles: readonly string[], hasAdminPages: boolean): Markup {
  return html`<fieldset class="organizations">
<legend>What shall it do?</legend>
<input type="hidden" name="choices" value="given">
<label class="choice"><input type="checkbox" name="organizationRunners" value="yes"${checked(choices.organizationRunners)}> <span>Runners of the organization, for all repositories you choose.
<small class="note">Needs <code>organization_self_hosted_runners: write</code>. It reads no code.</small></span></label>
<label class="choice"><input type="checkbox" name="repositoryRunners" value="yes"${checked(choices.repositoryRunners)}> <span>Runners of single repositories.
<small class="note">Needs <code>administration: write</code>, which is broad: whoever holds the App's key could change these repositories' settings, or delete them. ${
    scopedProfiles.length === 0 ? html`No runner profile of yours needs it.` : html`Chosen because of <code>scope: repository</code> in ${scopedProfiles.length === 1 ? "the profile" : "the profiles"} ${scopedProfiles.join(", ")}.`
  }</small></span></label>
<label class="choice"><input type="checkbox" name="administrators" value="yes"${checked(choices.administrators)}> <span>Let the organization's administrators launch again, stop and redeliver on the admin pages.
<small class="note">Needs <code>members: read</code>, to know who they are. ${hasAdminPages ? "Without it the pages show everything and change nothing." : "There are no admin pages here, so nothing needs it."}</small></span></label>
</fieldset>`;
}

export function relayChoice(form: SetupForm): Markup {
  return html`<fieldset>
<legend>How do events reach this machine?</legend>
<label class="choice"><input type="radio" name="relay" value="create"${checked(form.relay === "create")}> <span>By a new channel of smee.io. Events pass through that service; who knows the channel's address can read them.</span></label>
<label class="choice"><input type="radio" name="relay" value="own"${checked(form.relay === "own")}> <span>By this address:</span></label>
<input type="url" name="relayUrl" value="${form.relayUrl}" placeholder="https://smee.io/CHANNEL" aria-label="Address of the relay" autocomplete="off">
<label class="choice"><input type="radio" name="relay" value="none"${checked(form.relay === "none")}> <span>Not yet; I set the webhook myself.</span></label>
</fieldset>`;
}

/** A name of many words may wrap between them. */
export function breakable(name: string): Markup {
  return html`${name.split("_").map((word, index) => (index === 0 ? word : html`_<wbr>${word}`))}`;
}

/** Each permission with its reason, and with what else could be done with it. */
export function permissionTable(permissions: Permissions): Markup {
  return html`<table class="stacked">
<thead><tr><th scope="col">permission</th><th scope="col">access</th><th scope="col">what for</th><th scope="col">also reaches</th></tr></thead>
<tbody>${Object.entries(permissions).map(([permission, access]) => {
    const why = permissionReason(permission);
    return html`<tr><td data-label="permission"><code>${breakable(permission)}</code></td><td class="short" data-label="access">${access}</td><td data-label="what for">${why?.reason ?? ""}</td><td data-label="also reaches">${why?.reach ?? ""}</td></tr>`;
  })}</tbody>
</table>`;
}

/** What GitHub has no API for: the owner enters it by hand. */
export function addressTable(pagesUrl: string): Markup {
  const { callbackUrl, setupUrl } = pageAddresses(pagesUrl);
  return html`<table>
<tbody>
<tr><th scope="row">Callback URL</th><td><code>${callbackUrl}</code></td></tr>
<tr><th scope="row">Setup URL</th><td><code>${setupUrl}</code><br><small>with "Redirect on update" ticked</small></td></tr>
</tbody>
</table>`;
}

/** A sentence for profiles that no runner could be registered for; `null` when there are none. */
export function leftOutWarning(names: readonly string[]): Markup | null {
  if (names.length === 0) return null;
  return html`<p class="warning">With these choices no runner can be registered for the ${names.length === 1 ? "profile" : "profiles"} <strong>${names.join(", ")}</strong>: jobs that ask for ${
    names.length === 1 ? "it" : "them"
  } would wait. Choose that level too, or change <code>infra/runner-profiles.yml</code>.</p>`;
}
