import { html } from "hono/html";
import type { Markup } from "../../../pages/layout.ts";
import type { ChooseView } from "./choose-page.ts";
import { choiceFields, fault, relayChoice, steps } from "./parts.ts";

export function existingPage({ place, form, scopedProfiles, trouble }: ChooseView): Markup {
  return html`${steps("Choose")}
<h1>Connect an App that exists</h1>
<p>Its webhook will be set to ${place.webhookUrl === null ? "the relay chosen here" : html`<code>${place.webhookUrl}</code>`}, with a new secret: another Baton that uses the same App stops hearing of jobs. Its key goes to ${place.place}, and is not shown again.</p>
<p>There is none yet? <a href="/">Create one</a></p>
${fault(trouble)}
<form class="card" method="post" action="/connect">
<label class="field" for="appId">App ID</label>
<input type="text" id="appId" name="appId" inputmode="numeric" autocomplete="off" required>
<label class="field" for="privateKey">Private key: the whole .pem file, pasted</label>
<textarea id="privateKey" name="privateKey" autocomplete="off" spellcheck="false" required></textarea>
${
  place.pagesUrl === null
    ? null
    : html`<label class="field" for="clientSecret">Client secret, for signing in on the admin pages (optional)</label>
<input type="password" id="clientSecret" name="clientSecret" autocomplete="off" aria-describedby="client-note">
<small class="note" id="client-note">GitHub shows it once: "Generate a new client secret" on the App's settings page. Without it jobs run all the same, and nobody can sign in.</small>`
}
${choiceFields(form.choices, scopedProfiles, place.pagesUrl !== null)}
${place.webhookUrl === null ? relayChoice(form) : null}
<button>Review</button>
</form>`;
}
