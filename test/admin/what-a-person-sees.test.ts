import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { anAdminWorld, HERE, type AnAdminWorld } from "../support/admin/an-admin-world.ts";
import type { Browser } from "../support/admin/a-browser.ts";
import { aJobRecord } from "../support/a-job-record.ts";

const JOB = "7001";
const OTHERS_JOB = "7002";
const MINUTE = 60_000;

let here: AnAdminWorld;
let acme: string;
let umbrella: string;

beforeEach(async () => {
  here = await anAdminWorld();
  acme = String(here.simulated.installationId);
  umbrella = String(here.simulated.installationId + 1);
  here.store.put(aJobRecord({ jobId: JOB, installationId: acme, jobName: "build" }));
  here.store.put(aJobRecord({ jobId: OTHERS_JOB, installationId: umbrella, jobName: "secret-lab" }));
  const delivery = { event: "workflow_job", action: "queued", repositoryId: "1", deliveredAt: 0, statusCode: 503, status: "Invalid HTTP Response: 503", redelivery: false };
  here.sightings = {
    at: 0,
    installations: [],
    hook: null,
    deliveries: [
      { ...delivery, id: "91", guid: "guid-acme", installationId: acme },
      { ...delivery, id: "92", guid: "guid-umbrella", installationId: umbrella },
    ],
  };
});
afterEach(() => here.close());

async function signedIn(login: string): Promise<{ readonly browser: Browser; readonly csrf: string }> {
  const browser = here.browser();
  const home = await here.signIn(browser, login);
  return { browser, csrf: home.fields["csrf"] ?? "" };
}

const pagesOf = (installation: string, job: string) => [
  `/installations/${installation}`,
  `/installations/${installation}/live`,
  `/installations/${installation}/jobs`,
  `/installed?installation_id=${installation}&setup_action=install`,
  `/jobs/${job}`,
  `/jobs/${job}/live`,
];
const formsOf = (installation: string, job: string, delivery: string) => [
  `/jobs/${job}/launch-again`,
  `/jobs/${job}/stop`,
  `/installations/${installation}/deliveries/${delivery}/redeliver`,
];

describe("an administrator of acme", () => {
  it("sees acme's pages", async () => {
    const { browser } = await signedIn("ada");
    for (const path of pagesOf(acme, JOB)) expect((await browser.open(HERE + path)).status, path).toBe(200);
  });

  it("finds nothing of umbrella: its pages answer like those of nobody", async () => {
    const { browser } = await signedIn("ada");
    const nothing = (await browser.open(`${HERE}/installations/99999`)).text;
    for (const path of pagesOf(umbrella, OTHERS_JOB)) {
      const page = await browser.open(HERE + path);
      expect(page.status, path).toBe(404);
      expect(page.text, path).toBe(nothing);
    }
    expect((await browser.open(`${HERE}/jobs/99999`)).text).toBe(nothing);
  });

  it("asks for nothing on umbrella's behalf, and mixes nothing of it into acme's", async () => {
    const { browser, csrf } = await signedIn("ada");
    const mixed = `/installations/${acme}/deliveries/92/redeliver`;
    for (const path of [...formsOf(umbrella, OTHERS_JOB, "92"), mixed]) expect((await browser.submit(HERE + path, { csrf })).status, path).toBe(404);
    expect(here.requests).toEqual([]);
  });

  it("asks for a launch, a stop and a redelivery, each written down with who and when", async () => {
    const { browser, csrf } = await signedIn("ada");
    for (const path of formsOf(acme, JOB, "91")) {
      const page = await browser.submit(HERE + path, { csrf });
      expect(page.status, path).toBe(200);
      expect(page.url).toBe(`${HERE}${path.startsWith("/jobs") ? `/jobs/${JOB}` : `/installations/${acme}`}?asked=${here.requests.at(-1)?.id}`);
    }
    const by = { login: "ada", id: here.simulated.github.addPerson({ login: "ada" }).id };
    const asked = { installationId: acme, by, askedAt: here.world.clock(), state: "asked", outcome: "", settledAt: null };
    expect(here.requests).toEqual([
      { ...asked, id: expect.any(String), wish: { kind: "launch-again", jobId: JOB } },
      { ...asked, id: expect.any(String), wish: { kind: "stop", jobId: JOB } },
      { ...asked, id: expect.any(String), wish: { kind: "redeliver", deliveryId: "91", guid: "guid-acme" } },
    ]);
    expect(new Set(here.requests.map(({ id }) => id)).size).toBe(3);
  });

  it("is offered nothing that the reconciler would refuse for want of members: read, and told what to grant", async () => {
    const permissions = { organization_self_hosted_runners: "write", administration: "write", actions: "read" } as const;
    const { github, installationId } = here.simulated;
    const { browser } = await signedIn("ada");
    const seen = async () => {
      here.pass(MINUTE);
      const [job, installation] = [await browser.open(`${HERE}/jobs/${JOB}`), await browser.open(`${HERE}/installations/${acme}`)];
      return { buttons: [/\/stop"/.test(job.text), /\/redeliver"/.test(installation.text)], told: [job, installation].map(({ text }) => text.includes("<code>members: read</code>")) };
    };
    github.changeInstallation(installationId, { permissions });
    expect(await seen()).toEqual({ buttons: [false, false], told: [true, true] });
    github.changeInstallation(installationId, { permissions: { ...permissions, members: "read" } });
    expect(await seen()).toEqual({ buttons: [true, true], told: [false, false] });
  });

  it("sees no request of umbrella's", async () => {
    const { browser: bobs, csrf } = await signedIn("bob");
    await bobs.submit(`${HERE}/jobs/${OTHERS_JOB}/stop`, { csrf });
    const { browser } = await signedIn("ada");
    const plain = await browser.open(`${HERE}/jobs/${JOB}`);
    expect((await browser.open(`${HERE}/jobs/${JOB}?asked=${here.requests[0]?.id}`)).text).toBe(plain.text);
  });

  it("loses sight within a minute of no longer being one", async () => {
    const { browser } = await signedIn("ada");
    here.simulated.github.addPerson({ login: "ada", organizations: { acme: "member" } });
    here.pass(MINUTE);
    expect((await browser.open(`${HERE}/jobs/${JOB}`)).status).toBe(404);
  });

  it("sees an installation that is a second old when GitHub brings them from there", async () => {
    const { browser } = await signedIn("eve");
    const { installationId } = here.simulated.github.addUser({ login: "eve", repositories: [] });
    expect((await browser.open(`${HERE}/installed?installation_id=${installationId}&setup_action=install`)).status).toBe(200);
  });

  it("is told when GitHub does not answer, which is not the same as nothing there", async () => {
    const { browser } = await signedIn("ada");
    here.pass(2 * MINUTE);
    here.simulated.github.misbehave({ on: "request", method: "GET", path: "/user/installations", do: "status", status: 502, times: 1 });
    expect((await browser.open(`${HERE}/`)).status).toBe(502);
    expect((await browser.open(`${HERE}/`)).status).toBe(200);
    // An outage of GitHub's is nothing that the operator could mend.
    expect(here.metrics).toEqual([]);
  });

  it("is told when the store does not answer, without its words", async () => {
    const { browser } = await signedIn("ada");
    here.store.failNext("get", Object.assign(new Error("table arn:aws:dynamodb"), { name: "Error" }), "before");
    const page = await browser.open(`${HERE}/jobs/${JOB}`);
    expect(page.status).toBe(500);
    expect(page.text).not.toContain("arn:aws");
    expect(here.log.lines.find(({ message }) => message === "page failed")?.facts["error"]).toContain("arn:aws");
    expect(here.metrics).toEqual([{ PagesFailed: 1 }]);
  });
});

describe("somebody else", () => {
  it.each([
    ["a member of acme", "milo"],
    ["an administrator of another organization", "bob"],
    ["somebody of no organization", "eve"],
  ])("%s sees nothing of acme and asks for nothing", async (_, login) => {
    const { browser, csrf } = await signedIn(login);
    expect((await browser.open(`${HERE}/`)).text).not.toContain(`/installations/${acme}`);
    for (const path of pagesOf(acme, JOB)) expect((await browser.open(HERE + path)).status, path).toBe(404);
    for (const path of formsOf(acme, JOB, "91")) expect((await browser.submit(HERE + path, { csrf })).status, path).toBe(404);
    expect(here.requests).toEqual([]);
  });

  it("who is not signed in is led to the door from every page, and changes nothing", async () => {
    const browser = here.browser();
    for (const path of pagesOf(acme, JOB).filter((path) => !path.endsWith("/live"))) expect((await browser.open(HERE + path)).url, path).toContain("/sign-in?to=");
    for (const path of formsOf(acme, JOB, "91")) expect((await browser.submit(HERE + path, { csrf: "" })).url, path).toBe(`${HERE}/sign-in`);
    expect(here.requests).toEqual([]);
  });

  it("with a personal account sees that account's installation and no other's", async () => {
    const { installationId } = here.simulated.github.addUser({ login: "eve", repositories: [{ name: "dots", visibility: "private" }] });
    const other = here.simulated.github.addUser({ login: "mallory", repositories: [{ name: "open", visibility: "public" }] });
    const { browser } = await signedIn("eve");
    expect((await browser.open(`${HERE}/installations/${installationId}`)).status).toBe(200);
    expect((await browser.open(`${HERE}/installations/${other.installationId}`)).status).toBe(404);
  });
});

it("shows names that are markup as text", async () => {
  const hostile = `"><script>alert(1)</script><img src=x onerror=alert(1)>`;
  here.store.put(aJobRecord({ jobId: JOB, installationId: acme, jobName: hostile, workflowName: hostile }));
  const { browser } = await signedIn("ada");
  for (const path of [`/jobs/${JOB}`, `/jobs/${JOB}/live`, `/why?url=${encodeURIComponent(hostile)}`, `/sign-in?to=${encodeURIComponent(`/${hostile}`)}`]) {
    const { text } = await browser.open(HERE + path);
    expect(text, path).not.toContain("<script>alert");
    expect(text, path).not.toContain("<img src=x");
  }
});
