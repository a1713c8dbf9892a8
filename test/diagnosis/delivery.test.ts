import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { aSickBaton, type SickBaton } from "../support/a-sick-baton.ts";

const HOUR = 3_600_000;
const HANGS = 0;

let sick: SickBaton;
let server: Server | null = null;
beforeAll(async () => {
  sick = await aSickBaton({ webhookLimitMs: 700 });
}, 60_000);
afterAll(() => sick.close());
afterEach(async () => {
  sick.baton.github.clearMisbehaviour();
  sick.baton.github.setWebhook(sick.baton.plane.webhookUrl, sick.baton.app.webhookSecret);
  sick.baton.plane.setTableDown(false);
  if (server) {
    server.closeAllConnections();
    await new Promise((resolve) => server?.close(resolve));
    server = null;
  }
});

const github = () => sick.baton.github;

/** Something in Baton's place that answers with that status, or not at all. */
async function inItsPlace(status: number): Promise<string> {
  server = createServer((_, response) => {
    if (status !== HANGS) response.writeHead(status).end();
  });
  await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  github().setWebhook(url);
  return url;
}

describe("a job that Baton has not heard of", { timeout: 30_000 }, () => {
  it("event-not-subscribed: nobody subscribed the App", async () => {
    const place = sick.place();
    github().changeInstallation(place.installationId, { events: [] });
    github().changeApp({ events: ["push"] });
    expect(await sick.sees(sick.job({ place }), "event-not-subscribed")).toMatchObject({ verdict: "wrong", advice: [expect.stringContaining('"Workflow job" in its settings'), expect.anything()] });
  });

  it("event-not-subscribed: subscribed since, and not accepted", async () => {
    const place = sick.place();
    github().changeInstallation(place.installationId, { events: [] });
    github().changeApp({ events: ["workflow_job"] });
    expect(await sick.sees(sick.job({ place }), "event-not-subscribed")).toMatchObject({ advice: [expect.stringContaining("accepts"), expect.anything()] });
  });

  it("hook-not-set", async () => {
    github().setWebhook(null);
    expect(await sick.sees(sick.job(), "hook-not-set")).toMatchObject({ verdict: "wrong", advice: [expect.stringContaining("npm run setup"), expect.anything()] });
  });

  it("hook-elsewhere", async () => {
    const url = await inItsPlace(200);
    expect(await sick.sees(sick.job(), "hook-elsewhere")).toMatchObject({ verdict: "wrong", because: [expect.stringContaining(url)] });
  });

  it("delivery-signature-refused", async () => {
    github().setWebhook(sick.baton.plane.webhookUrl, "another secret");
    expect(await sick.sees(sick.job(), "delivery-signature-refused")).toMatchObject({ verdict: "wrong", because: [expect.stringContaining("401"), expect.anything()], advice: [expect.stringContaining("npm run setup"), expect.anything()] });
  });

  it("delivery-not-stored: the table is down", async () => {
    sick.baton.plane.setTableDown(true);
    const jobId = sick.job();
    await github().deliveriesSettled();
    expect(await sick.sees(jobId, "delivery-not-stored")).toMatchObject({ verdict: "wrong", because: [expect.stringContaining("503"), expect.anything()] });
  });

  it("delivery-timed-out", async () => {
    const hookUrl = await inItsPlace(HANGS);
    expect(await sick.sees(sick.job(), "delivery-timed-out", { hookUrl })).toMatchObject({ verdict: "wrong", because: [expect.stringContaining("timed out"), expect.anything()] });
  });

  it("delivery-unreachable", async () => {
    expect(await sick.sees(sick.job({ deliveries: "lose" }), "delivery-unreachable")).toMatchObject({ verdict: "wrong", because: [expect.stringContaining("failed to connect"), expect.anything()] });
  });

  it("delivery-failed", async () => {
    const hookUrl = await inItsPlace(500);
    expect(await sick.sees(sick.job(), "delivery-failed", { hookUrl })).toMatchObject({ verdict: "wrong", because: [expect.stringContaining("500"), expect.anything()] });
  });

  it("delivery-refused by something that stands before Baton", async () => {
    const hookUrl = await inItsPlace(403);
    expect(await sick.sees(sick.job(), "delivery-refused", { hookUrl })).toMatchObject({ verdict: "wrong", because: [expect.stringContaining("403"), expect.anything()] });
  });

  it("delivered-without-record: another deployment has the hook", async () => {
    const hookUrl = await inItsPlace(202);
    expect(await sick.sees(sick.job(), "delivered-without-record", { hookUrl })).toMatchObject({ verdict: "wrong", because: [expect.stringContaining("202")] });
  });

  it("delivery-on-its-way, for as long as that may be", async () => {
    const jobId = sick.job({ deliveries: "delay" });
    expect(await sick.sees(jobId, "delivery-on-its-way")).toMatchObject({ verdict: "waiting" });
    sick.baton.advance(40_000);
    await sick.sees(jobId, "delivery-never-sent");
  });

  it("delivery-never-sent", async () => {
    const jobId = sick.job({ deliveries: "swallow" });
    sick.baton.advance(60_000);
    expect(await sick.sees(jobId, "delivery-never-sent")).toMatchObject({ verdict: "wrong", advice: expect.arrayContaining([expect.stringContaining("within 30 days")]) });
  });

  it("tells one job's delivery from those of others of the same repository and second", async () => {
    const place = sick.place();
    const lost = sick.job({ place, deliveries: "lose" });
    const swallowed = sick.job({ place, deliveries: "swallow" });
    sick.baton.advance(60_000);
    await sick.sees(swallowed, "delivery-never-sent");
    await sick.sees(lost, "delivery-unreachable");
  });

  it("not-on-record, where nobody with the App's key looks and the last round saw nothing of it", async () => {
    const jobId = sick.job({ deliveries: "swallow" });
    sick.baton.advance(60_000);
    expect(await sick.sees(jobId, "not-on-record", { hook: null, round: null })).toMatchObject({ verdict: "unknown", advice: expect.arrayContaining([expect.stringContaining("npm run doctor")]) });
  });

  it("is told by what the last round saw, where nobody with the App's key looks", async () => {
    // Rounds look at the hook every ten minutes, and other tests move it.
    sick.baton.advance(11 * 60_000);
    const diagnosis = await sick.sees(sick.job({ deliveries: "lose" }), "delivery-unreachable", { hook: null });
    expect(diagnosis.because[0]).toContain("an event of this repository at that time");
  });

  it("delivery-forgotten: approved after days, and the word of it was lost", async () => {
    const jobId = sick.job({ deliveries: "swallow", deployment: true });
    sick.baton.advance(73 * HOUR);
    github().approveDeployment(jobId);
    expect(await sick.sees(jobId, "delivery-forgotten")).toMatchObject({ verdict: "wrong", because: [expect.stringContaining("3 days old")] });
  });

  it("no-runner-within-a-day: GitHub closed it", async () => {
    const jobId = sick.job({ deliveries: "swallow" });
    sick.baton.advance(24 * HOUR + 1_000);
    expect(await sick.sees(jobId, "no-runner-within-a-day")).toMatchObject({ verdict: "wrong", because: expect.arrayContaining(["Nothing is on record of it."]) });
  });
});
