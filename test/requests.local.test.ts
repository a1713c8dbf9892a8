import { randomUUID } from "node:crypto";
import { afterEach, describe, expect, it } from "vitest";
import type { AdminRequest } from "../app/core/admin-request.ts";
import { aLocalBaton, eventually, type LocalBaton, type LocalBatonOptions } from "./support/a-local-baton.ts";
import { expectServed } from "./support/expect-served.ts";

/** The first try and the one that follows at once. */
const MINTING_FAILS = { on: "request", method: "POST", path: "/orgs/acme/actions/runners/registration-token", times: 2, do: "status", status: 500 } as const;
const PERMISSIONS = { organization_self_hosted_runners: "write", actions: "read", members: "read", metadata: "read" } as const;

describe("what an administrator asks for, with GitHub and AWS played on this machine", { timeout: 60_000 }, () => {
  const open: LocalBaton[] = [];
  afterEach(async () => {
    for (const one of open.splice(0)) await one.close();
  });

  async function start(options: LocalBatonOptions = {}) {
    const local = await aLocalBaton(options);
    open.push(local);
    local.github.changeInstallation(local.installationId, { permissions: PERMISSIONS });
    const people = { owner: local.github.addPerson({ login: "owner", organizations: { acme: "admin" } }), member: local.github.addPerson({ login: "member", organizations: { acme: "member" } }) };
    const ask = async (wish: AdminRequest["wish"], by: keyof typeof people = "owner", overrides: Partial<AdminRequest> = {}) => {
      const id = randomUUID();
      await local.plane.people.requests.ask({ id, wish, installationId: String(local.installationId), by: { login: by, id: people[by].id }, askedAt: local.now(), state: "asked", outcome: "", settledAt: null, ...overrides });
      const settled = await eventually("the outcome", () => local.plane.people.requests.get(id), (request) => request?.state === "done" || request?.state === "refused");
      return [settled?.state, settled?.outcome];
    };
    const inState = (jobId: string, state: string) => eventually(`${state}`, () => local.plane.store.get(jobId), (record) => record?.state === state);
    return { local, ask, inState };
  }

  it("a waiting job is stopped, stays so, and is served once it is launched again", async () => {
    const { local, ask, inState } = await start();
    local.github.misbehave(MINTING_FAILS);
    const [jobId = ""] = local.queue({ name: "build" });
    await inState(jobId, "waiting");
    expect(await ask({ kind: "stop", jobId })).toEqual(["done", "Stopped. It is not launched any more."]);
    local.advance(300_000);
    await eventually("a further round", () => local.plane.people.sightings.read(), (seen) => (seen?.at ?? 0) >= local.now() - 1_000);
    expect(await local.plane.store.get(jobId)).toMatchObject({ state: "given-up", reason: "stopped-by-admin" });
    expect(local.github.job(jobId)).toMatchObject({ status: "queued" });
    expect(local.launches()).toEqual([]);

    expect(await ask({ kind: "launch-again", jobId })).toEqual(["done", "Launched again: launch 2."]);
    await expectServed(local, jobId);
    expect((await local.plane.store.get(jobId))?.steps.map(({ kind, reason, detail }) => (kind === "asked" ? `asked ${reason} by ${detail}` : kind))).toEqual([
      "received",
      "launch",
      "wait",
      "asked stop by owner",
      "given-up",
      "asked launch-again by owner",
      "launch",
      "running",
      "completed",
    ]);
  });

  it("a job that runs is GitHub's to cancel, and runs to its end", async () => {
    const { local, ask, inState } = await start();
    const [jobId = ""] = local.queue({ name: "build", run: "sleep 2" });
    await inState(jobId, "running");
    expect(await ask({ kind: "stop", jobId })).toEqual(["refused", expect.stringContaining("Cancel the workflow run at GitHub")]);
    await expectServed(local, jobId);
  });

  it("a job that ended is counted, and a delivery comes again", async () => {
    const { local, ask } = await start();
    const [jobId = ""] = local.queue({ name: "build" });
    await expectServed(local, jobId);
    local.advance(60_000);
    const counted = await eventually("its usage", () => local.plane.people.usage.read(String(local.installationId)), (usage) => (usage?.days.length ?? 0) > 0);
    expect(counted?.days).toMatchObject([{ failed: 0, repositories: [{ name: "acme/shop", jobs: 1 }] }]);
    const seen = await eventually("the delivery", () => local.plane.people.sightings.read(), (sightings) => sightings?.deliveries.some(({ action }) => action === "completed") === true);
    const delivery = seen?.deliveries.find(({ action }) => action === "completed");
    const before = local.github.deliveries().length;
    expect(await ask({ kind: "redeliver", deliveryId: delivery?.id ?? "", guid: delivery?.guid ?? "" })).toEqual(["done", "GitHub delivers it again."]);
    await eventually("the redelivery", () => local.github.deliveries(), (all) => all.length > before && all.at(-1)?.redelivery === true);
  });

  it("is refused to a member, to a stranger under an owner's name, and about another organization's jobs", async () => {
    const { local, ask, inState } = await start();
    local.github.misbehave(MINTING_FAILS);
    const [jobId = ""] = local.queue({ name: "build" });
    const record = await inState(jobId, "waiting");
    const { installationId: other } = local.github.addOrganization({ login: "globex", repositories: [{ name: "site", visibility: "private" }] });
    const refused = ["refused", expect.stringContaining("administrator of this account")];
    expect(await ask({ kind: "stop", jobId }, "member")).toEqual(refused);
    expect(await ask({ kind: "stop", jobId }, "member", { by: { login: "owner", id: "1" } })).toEqual(refused);
    expect(await ask({ kind: "stop", jobId }, "owner", { installationId: String(other) })).toEqual(["refused", "This installation has no such job on record."]);
    expect(await local.plane.store.get(jobId)).toEqual(record);
  });

  it("is refused, with what to grant, where the App may not read the organization's members", async () => {
    const { local, ask, inState } = await start();
    local.github.changeInstallation(local.installationId, { permissions: { organization_self_hosted_runners: "write", actions: "read", metadata: "read" } });
    local.github.misbehave(MINTING_FAILS);
    const [jobId = ""] = local.queue({ name: "build" });
    await inState(jobId, "waiting");
    expect(await ask({ kind: "stop", jobId })).toEqual(["refused", expect.stringContaining("Members: read")]);
  });
});
