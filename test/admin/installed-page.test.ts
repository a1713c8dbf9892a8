import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { installedPage } from "../../app/admin/pages/installed-page.ts";
import type { InstalledView } from "../../app/admin/views/installed-view.ts";
import type { HealthCheck } from "../../app/core/health.ts";
import type { JobSummary } from "../../app/core/job-summary.ts";
import { aJobRecord } from "../support/a-job-record.ts";
import { anAdminWorld, type AnAdminWorld } from "../support/admin/an-admin-world.ts";
import type { Page } from "../support/admin/a-browser.ts";
import { aPolicy } from "../support/test-profiles.ts";

let here: AnAdminWorld;
let acme: string;
const jobs: { open: JobSummary[]; ended: JobSummary[] } = { open: [], ended: [] };

beforeEach(async () => {
  jobs.open = [];
  jobs.ended = [];
  here = await anAdminWorld({
    profiles: aPolicy({ name: "public", labels: ["self-hosted", "open"], publicRepositories: true }, { name: "foreign", repositories: ["umbrella/*"] }, { name: "scoped", scope: "repository" }),
    directory: { list: async ({ which }) => ({ jobs: jobs[which], next: null }) },
  });
  acme = String(here.simulated.installationId);
});
afterEach(() => here.close());

async function installed(query: Record<string, string> = {}, login = "ada"): Promise<Page> {
  return here.signIn(here.browser(), login, `/installed?${new URLSearchParams({ installation_id: acme, setup_action: "install", ...query })}`);
}

/** Where the page's button leads: GitHub's editor with the file filled in. */
function newFile({ text }: Page): URL {
  return new URL((/class="button" href="([^"]+)"/.exec(text)?.[1] ?? "").replaceAll("&amp;", "&"));
}

describe("the page after installation", () => {
  it("leads to a first job: GitHub's editor with the file filled in, for a repository whose jobs are taken", async () => {
    const page = await installed();
    expect(page.status).toBe(200);
    const url = newFile(page);
    expect(`${url.origin}${url.pathname}`).toMatch(new RegExp(`^${here.simulated.github.origin}/acme/[^/]+/new/main$`));
    expect(url.searchParams.get("filename")).toBe(".github/workflows/first-workflow.yml");
    expect(parse(url.searchParams.get("value") ?? "").on.workflow_dispatch.inputs.profile.default).toBe("small");
    expect(page.text).toContain("Waiting for the first delivery of a job…");
  });

  it("takes the repository and the profile that were chosen, and no others than there are", async () => {
    expect(parse(newFile(await installed({ profile: "large" })).searchParams.get("value") ?? "").on.workflow_dispatch.inputs.profile.default).toBe("large");
    const other = newFile(await installed({ repository: "../../evil", profile: "foreign" }));
    expect(other.pathname).toMatch(/^\/acme\/[a-z-]+\/new\/main$/);
    expect(parse(other.searchParams.get("value") ?? "").on.workflow_dispatch.inputs.profile.default).toBe("small");
  });

  it("says how to ask for each profile that is open to the account, and leaves out those that no permission covers", async () => {
    here.simulated.github.changeInstallation(Number(acme), { permissions: { organization_self_hosted_runners: "write", actions: "read", metadata: "read" } });
    const { text } = await installed();
    for (const line of ["runs-on: [self-hosted, small]", "runs-on: [self-hosted, large]", "runs-on: [self-hosted, open]"]) expect(text).toContain(line);
    expect(text).not.toContain("foreign");
    // Among the checks it is, with the permission that it lacks.
    expect(text.slice(text.indexOf(`id="offers"`))).not.toContain("scoped");
  });

  it("shows the newest job, live", async () => {
    jobs.ended = [aJobRecord({ jobId: "1", installationId: acme, state: "completed", conclusion: "success" }, { createdAt: Date.parse("2026-01-01T00:00:00Z"), name: "older" })];
    jobs.open = [aJobRecord({ jobId: "2", installationId: acme, state: "running" }, { createdAt: Date.parse("2026-01-01T00:01:00Z"), name: "first-job" })];
    const { text } = await installed();
    expect(text).toContain('href="/jobs/2">first-job</a>');
    expect(text).toContain(`data-live="/installed/live?installation_id=${acme}"`);
    const browser = here.browser();
    const live = await here.signIn(browser, "ada", `/installed/live?installation_id=${acme}`);
    expect(live.text).toMatch(/^<span hidden data-part="pulse"/);
    expect(live.text).toContain('href="/jobs/2">first-job</a>');
  });

  it("is somebody else's business for nobody: not for a member, not for another organization's administrator", async () => {
    expect((await installed({}, "milo")).status).toBe(404);
    expect((await installed({}, "bob")).status).toBe(404);
    expect((await here.signIn(here.browser(), "bob", `/installed/live?installation_id=${acme}`)).status).toBe(404);
  });

  it("tells whoever could only ask an owner that it has been asked", async () => {
    const page = await here.signIn(here.browser(), "eve", "/installed?setup_action=request");
    expect(page.status).toBe(200);
    expect(page.text).toContain("Only an owner of an organization can install an App there");
  });
});

describe("the checks on it", () => {
  const check = (id: string, standing: HealthCheck["standing"], advice = ""): HealthCheck => ({ id, title: id, standing, text: `<b>${id}</b> seen`, advice, url: advice === "" ? null : "https://github.example/there" });
  const frame = { person: { login: "ada", name: null }, csrf: "c", deployment: "test", version: "1", styleUrl: "/style.css", scriptUrl: "/live.js" };

  async function page(changes: Partial<InstalledView>): Promise<string> {
    const account = { login: "acme", id: "1", kind: "organization" } as const;
    const installation = { id: "7", account, repositorySelection: "all", suspendedAt: null, permissions: {}, events: [], htmlUrl: "https://github.example/i" } as const;
    const view: InstalledView = { now: 0, installation, health: { kind: "seen", value: [] }, newest: { kind: "seen", value: null }, action: "install", webOrigin: "https://github.example", offers: [], repositories: { kind: "seen", value: [] }, first: null, ...changes };
    return (await installedPage(frame, view)).toString();
  }

  it("name what is wrong first, with what to do where", async () => {
    const text = await page({ health: { kind: "seen", value: [check("events", "well"), check("group", "unknown"), check("hook", "wrong", "Set it")] } });
    expect(text).toContain("1 thing needs you");
    expect(text.indexOf("hook")).toBeLessThan(text.indexOf("group"));
    expect(text.indexOf("group")).toBeLessThan(text.indexOf("events"));
    expect(text).toMatch(/Set it <a href="https:\/\/github\.example\/there">/);
    expect(text).toContain("&lt;b&gt;hook&lt;/b&gt; seen");
    expect(text).not.toContain("<b>hook");
  });

  it("are asked for less often once all is well and a job has run", async () => {
    const newest = aJobRecord({ state: "completed", conclusion: "success" });
    const every = async (changes: Partial<InstalledView>) => Number(/data-every="(\d+)"/.exec(await page(changes))?.[1]);
    const well = { health: { kind: "seen", value: [check("events", "well")] } } as const;
    expect(await every(well)).toBeLessThan(10);
    expect(await every({ ...well, newest: { kind: "seen", value: newest } })).toBe(30);
  });

  it("say so where no repository can have a job", async () => {
    expect(await page({})).toContain("No runner profile is open to it");
  });
});
