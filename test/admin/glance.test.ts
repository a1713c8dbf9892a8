import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { RoundSightings } from "../../app/core/round-sightings.ts";
import type { Browser } from "../support/admin/a-browser.ts";
import { anAdminWorld, HERE, type AnAdminWorld } from "../support/admin/an-admin-world.ts";
import { aPolicy } from "../support/test-profiles.ts";

const GRANTED = { organization_self_hosted_runners: "write", administration: "write", actions: "read", metadata: "read", members: "read" } as const;
const MINUTE = 60_000;

let here: AnAdminWorld;
let acme: string;
let browser: Browser;

beforeEach(async () => {
  here = await anAdminWorld({ profiles: aPolicy() });
  acme = String(here.simulated.installationId);
  here.simulated.github.changeInstallation(here.simulated.installationId, { permissions: GRANTED, events: ["workflow_job"] });
  browser = here.browser();
  await here.signIn(browser, "ada");
  here.sightings = round();
});
afterEach(() => here.close());

const delivery = { id: "91", guid: "g", event: "workflow_job", action: "queued", repositoryId: "1", statusCode: 202, status: "OK", redelivery: false };
function round(changes: Partial<RoundSightings> = {}): RoundSightings {
  const at = here.world.clock();
  return { at, installations: [], hook: { url: "https://baton.test/hook", active: true }, deliveries: [{ ...delivery, installationId: acme, deliveredAt: at }], ...changes };
}

/** The badges of the list and of the installation's own page, and what the list names. */
async function badges(): Promise<readonly [list: string, own: string, wrong: string]> {
  const list = (await browser.open(`${HERE}/`)).text;
  const own = (await browser.open(`${HERE}/installations/${acme}`)).text;
  const cell = /data-th="Health">(.*?)<\/td>/s.exec(list)?.[1] ?? "";
  const badge = (text: string) => (/class="badge[^"]*">(.*?)<\/span>/s.exec(text)?.[1] ?? "").replaceAll(/<[^>]*>/g, "");
  return [badge(cell), badge(own.slice(own.indexOf("<h1>"))), /<small>(.*?)<\/small>/.exec(cell)?.[1] ?? ""];
}

describe("the list's word on an installation", () => {
  it("promises nothing that only the installation's own page looks at", async () => {
    here.simulated.github.changeApp({ permissions: { ...GRANTED, checks: "read" } });
    expect(await badges()).toEqual(["no trouble seen", "needs you", ""]);
  });

  it.each<readonly [what: string, named: string, bring: () => void]>([
    ["a permission is missing", "Permissions", () => here.simulated.github.changeInstallation(here.simulated.installationId, { permissions: { ...GRANTED, organization_self_hosted_runners: "read" } })],
    ["it does not hear of jobs", "Events", () => here.simulated.github.changeInstallation(here.simulated.installationId, { events: [] })],
    ["the App has no webhook", "Webhook", () => (here.sightings = round({ hook: { url: "", active: false } }))],
    ["its last delivery failed", "Last delivery", () => (here.sightings = round({ deliveries: [{ ...delivery, statusCode: 500, installationId: acme, deliveredAt: 0 }] }))],
    ["it is suspended", "Installation", () => here.simulated.github.changeInstallation(here.simulated.installationId, { suspended: true })],
    ["the reconciler has not run yet", "Reconciler", () => (here.sightings = null)],
  ])("is that it needs somebody, as its own page says, where %s", async (_, named, bring) => {
    bring();
    here.pass(MINUTE);
    const [list, own, wrong] = await badges();
    expect([list, own, wrong]).toEqual(["needs you", "needs you", named]);
  });

  it("keeps another installation's failed delivery to itself", async () => {
    const others = { ...delivery, id: "92", guid: "h", statusCode: 500, installationId: "999", deliveredAt: here.world.clock() + 1 };
    here.sightings = round({ deliveries: [others, ...round().deliveries] });
    expect((await badges())[2]).toBe("");
  });
});
