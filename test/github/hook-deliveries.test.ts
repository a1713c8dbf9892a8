import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createHookDeliveries } from "../../app/github/hook-deliveries.ts";
import { GithubError } from "../../app/ports.ts";
import { rejectionOf } from "../support/rejection-of.ts";
import { appOctokitAt } from "./app-octokit-at.ts";
import { startGithubStub, type GithubStub } from "./github-stub.ts";

const LIST = "GET /app/hook/deliveries";
const NOON = Date.UTC(2026, 2, 2, 12);

let github: GithubStub;
beforeEach(async () => {
  github = await startGithubStub();
});
afterEach(async () => {
  await github[Symbol.asyncDispose]();
});

const deliveries = () => createHookDeliveries({ octokit: appOctokitAt(github) });

function aDelivery(id: number, minutesBeforeNoon: number) {
  return {
    id,
    guid: `guid-${id}`,
    event: "workflow_job",
    action: "queued",
    delivered_at: new Date(NOON - minutesBeforeNoon * 60_000).toISOString(),
    status: "OK",
    status_code: id % 2 === 0 ? 202 : 0,
    duration: 0.3,
    redelivery: false,
    installation_id: 4711,
    repository_id: null,
  };
}

describe("the App's deliveries", () => {
  it("are read as the App, in our words", async () => {
    github.on(LIST, { status: 200, body: [aDelivery(2, 1), aDelivery(1, 2)] });
    expect((await deliveries().page(null)).deliveries).toEqual([
      { id: "2", guid: "guid-2", event: "workflow_job", action: "queued", installationId: "4711", repositoryId: null, deliveredAt: NOON - 60_000, statusCode: 202, status: "OK", redelivery: false },
      { id: "1", guid: "guid-1", event: "workflow_job", action: "queued", installationId: "4711", repositoryId: null, deliveredAt: NOON - 120_000, statusCode: 0, status: "OK", redelivery: false },
    ]);
    expect(github.requests).toHaveLength(1);
    expect(github.requests[0]?.headers.authorization).toMatch(/^bearer eyJ/);
  });

  it("are read a page at a time, from the cursor of the one before", async () => {
    github.on(LIST, ({ query }) => {
      const link = `<https://api.github.com/app/hook/deliveries?per_page=100&cursor=v1_98>; rel="next"`;
      return query["cursor"] === undefined ? { status: 200, headers: { link }, body: [aDelivery(100, 0)] } : { status: 200, body: [aDelivery(98, 5)] };
    });
    const first = await deliveries().page(null);
    expect(first.next).toBe("v1_98");
    expect(await deliveries().page(first.next)).toMatchObject({ deliveries: [{ id: "98" }], next: null });
    expect(github.requestsTo(LIST).map(({ query }) => query)).toEqual([{ per_page: "100" }, { per_page: "100", cursor: "v1_98" }]);
  });

  it("can be delivered again", async () => {
    github.on("POST /app/hook/deliveries/77/attempts", { status: 202, body: {} });
    await deliveries().redeliver("77");
    expect(github.requests.map(({ path }) => path)).toEqual(["/app/hook/deliveries/77/attempts"]);
  });

  it.each(["page", "redeliver"] as const)("that cannot be had fail by name (%s)", async (call) => {
    const wanted = call === "page" ? deliveries().page(null) : deliveries().redeliver("1");
    expect(await rejectionOf(wanted, GithubError)).toMatchObject({ reason: "github-refused", retryable: false });
  });
});
