import { html } from "hono/html";
import type { Markup } from "../../../pages/layout.ts";
import type { SetupForm } from "../setup-form.ts";
import type { SetupPlace } from "../setup-place.ts";
import { checked, choiceFields, fault, relayChoice, steps } from "./parts.ts";

export interface ChooseView {
  readonly place: SetupPlace;
  readonly form: SetupForm;
  /** Names of the profiles with `scope: repository`. */
  readonly scopedProfiles: readonly string[];
  readonly trouble: string | null;
}

export function choosePage({ place, form, scopedProfiles, trouble }: ChooseView): Markup {
  return html`${steps("Choose")}
<h1>Create the GitHub App</h1>
<p>Baton acts as a GitHub App of your own. It is created on <strong>${place.githubHost}</strong>; its keys go from GitHub to ${place.place}, and are never shown.</p>
<p>There is an App already? <a href="/existing">Connect that one</a></p>
${fault(trouble)}
<form class="card" method="post" action="/review">
<fieldset>
<legend>Who owns it?</legend>
<label class="choice"><input type="radio" name="owner" value="organization"${checked(form.owner === "organization")}> <span>An organization. You have to be one of its owners.</span></label>
<label class="field" for="organization">Name of the organization</label>
<input type="text" id="organization" name="organization" value="${form.organization}" placeholder="acme" autocomplete="off" autocapitalize="none" spellcheck="false">
<label class="choice"><input type="radio" name="owner" value="personal"${checked(form.owner === "personal")}> <span>My personal account. It has runners of single repositories only. They need <code>administration: write</code>, which is broad: whoever holds the App's key could change these repositories' settings, or delete them.</span></label>
</fieldset>
${choiceFields(form.choices, scopedProfiles, place.pagesUrl !== null)}
<label class="field" for="name">Name of the App</label>
<input type="text" id="name" name="name" value="${form.name}" maxlength="34" autocomplete="off" placeholder="chosen for you" aria-describedby="name-note">
<small class="note" id="name-note">Unique among all of GitHub, at most 34 characters. You can still change it on GitHub's page.</small>
${place.webhookUrl === null ? relayChoice(form) : null}
<button>Review</button>
</form>`;
}
