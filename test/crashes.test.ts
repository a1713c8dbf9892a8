import { afterEach, describe, expect, it } from "vitest";
import { aDyingWebhook, type Step } from "./support/a-dying-webhook.ts";
import { aLocalBaton, eventually, type LocalBaton } from "./support/a-local-baton.ts";
import { expectSecrecy } from "./support/expect-secrecy.ts";
import { expectServed } from "./support/expect-served.ts";

/** Fargate's: 300 s for the rule and 180 s to boot. */
const LEASE_MS = 480_000;

let baton: LocalBaton | null = null;
afterEach(async () => {
  const ended = baton;
  baton = null;
  try {
    if (ended) await expectSecrecy(ended);
  } finally {
    await ended?.close();
  }
});

interface Crash {
  readonly moment: string;
  readonly step: Step;
  readonly when: "before" | "after";
  readonly record: object | null;
  /** What GitHub is told when the sweep has it delivered again. */
  readonly again: object;
  readonly mintFails?: true;
}

const claimed = { state: "launching", launch: 1 };
const duplicate = { decision: "duplicate", reason: "already-launching", launch: 1 };
const CRASHES: readonly Crash[] = [
  { moment: "before the claim", step: "create", when: "before", record: null, again: { decision: "launch", launch: 1 } },
  { moment: "between claim and mint", step: "create", when: "after", record: claimed, again: duplicate },
  { moment: "between mint and seal", step: "mint", when: "after", record: claimed, again: duplicate },
  { moment: "between seal and publish", step: "seal", when: "after", record: claimed, again: duplicate },
  { moment: "between publish and answer", step: "publish", when: "after", record: claimed, again: duplicate },
  { moment: "between a failed mint and the record of it", step: "replace", when: "before", record: claimed, again: duplicate, mintFails: true },
  { moment: "between the record of a failed mint and the answer", step: "replace", when: "after", record: { state: "waiting", reason: "mint-failed", launch: 1 }, again: { decision: "wait", reason: "mint-failed" }, mintFails: true },
];

describe.each(["token", "jit"] as const)("a webhook that dies on its way with a %s", (registration) => {
  it.each(CRASHES)("$moment: record and the next answer agree, and the job is served by one runner", async (crash) => {
    const profiles = [{ name: "small", registration }];
    const local = (baton = await aLocalBaton({ profiles, webhooks: false }));
    const { github, plane } = local;
    const answers: { guid: string; statusCode: number; body: string }[] = [];
    github.on("delivery", ({ action, guid, statusCode, responseBody }) => {
      if (action === "queued") answers.push({ guid, statusCode, body: responseBody });
    });
    if (crash.mintFails) github.misbehave({ on: "request", method: "POST", path: "/orgs/acme/actions/runners/*", do: "status", status: 500, times: 2 });

    const dying = await aDyingWebhook(local, crash, profiles);
    github.setWebhook(dying.url, local.app.webhookSecret);
    const [jobId = ""] = local.queue({ name: "build" });
    await dying.died;
    const record = await plane.store.get(jobId);
    if (crash.record === null) expect(record).toBeNull();
    else expect(record).toMatchObject(crash.record);

    github.setWebhook(plane.webhookUrl);
    await dying.bury();
    await eventually("the redelivery", () => answers, ({ length }) => length >= 2);
    await github.deliveriesSettled();
    const [lost, ...redelivered] = answers;
    expect(lost?.statusCode).toBe(502);
    expect(new Set(answers.map(({ guid }) => guid)).size).toBe(1);
    // A round that comes before GitHub has heard the answer asks for another; then the others are duplicates.
    expect(redelivered.map(({ body }) => JSON.parse(body) as object)).toContainEqual(expect.objectContaining({ ...crash.again, jobId }));

    // A published launch needs nobody; the others wait for the lease, or for their next try, and for the reconciler.
    const published = local.launches().length > 0;
    if (!published) local.advance(LEASE_MS + 1_000);
    await expectServed(local, jobId);
    const ran = plane.launcher.list().filter(({ container }) => container.exitCode === 0);
    expect(ran).toHaveLength(1);
    expect(local.launches()).toHaveLength(1);
  });
});
