import { permissionsFor } from "./app-choices.ts";
import { lackingEvents, lackingPermissions, permissionList } from "./compare-app.ts";
import { settingsUrl, type AppFacts } from "./github-app.ts";
import { pageAddresses } from "./page-addresses.ts";
import type { SetupSessionOptions } from "./setup-session.ts";

/** What the owner of an App still has to change on GitHub's pages, in lines for a terminal. An App that setup created has all of it. */
export function settingsAdvice({ template, form, place, webOrigin }: Pick<SetupSessionOptions, "template" | "form" | "place" | "webOrigin">, app: AppFacts): readonly string[] {
  const settings = settingsUrl(webOrigin, app);
  const permissions = lackingPermissions(permissionsFor(template, form.choices), app.permissions);
  const events = lackingEvents(template.default_events, app.events);
  const lines: string[] = [];
  if (Object.keys(permissions).length > 0) lines.push(`It lacks ${permissionList(permissions)}: set that on ${settings}/permissions, and have each organization accept it.`);
  if (events.length > 0) lines.push(`It does not subscribe to ${events.join(", ")}: tick that on ${settings}/permissions.`);
  if (place.pagesUrl !== null) {
    const { callbackUrl, setupUrl } = pageAddresses(place.pagesUrl);
    lines.push(`For the admin pages ${settings} has to have the callback URL ${callbackUrl} and the setup URL ${setupUrl}, with "Redirect on update".`);
  }
  return lines;
}
