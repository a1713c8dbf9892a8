import { describe, expect, it } from "vitest";
import { MintError, type MintRequest } from "../app/ports.ts";
import { shareTokens } from "../app/share-tokens.ts";
import { TEST_NOW } from "./support/a-workflow-job-event.ts";
import { createRecordingCredentialMinter } from "./support/recording-credential-minter.ts";
import { rejectionOf } from "./support/rejection-of.ts";

const REQUEST: MintRequest = { installationId: "4711", scope: { kind: "organization", organization: "acme" }, registration: "token", name: "baton-1-1", labels: ["small"], group: "Default", deadline: TEST_NOW, mayShare: false };

function aSharedMinter() {
  const clock = { now: TEST_NOW };
  const minter = createRecordingCredentialMinter();
  return { clock, minter, shared: shareTokens(minter, () => clock.now), throttle: () => minter.failNext("mint", new MintError("mint-throttled", "403", { retryable: true, retryAfterMs: 60_000 })) };
}

describe("registration tokens", () => {
  it("are minted for each launch as long as GitHub lets them be", async () => {
    const { shared, minter } = aSharedMinter();
    await shared.mint(REQUEST);
    await shared.mint({ ...REQUEST, name: "baton-2-1" });
    expect(new Set(minter.secrets).size).toBe(2);
  });

  it("are shared while it does not, for less than five minutes", async () => {
    const { clock, shared, throttle } = aSharedMinter();
    const first = await shared.mint(REQUEST);
    clock.now += 299_999;
    throttle();
    const second = await shared.mint({ ...REQUEST, name: "baton-2-1" });
    expect(second.reveal()).toBe(first.reveal());
    expect([first.mintAgainAfterMs, second.mintAgainAfterMs]).toEqual([0, 60_000]);
    clock.now += 1;
    throttle();
    expect(await rejectionOf(shared.mint({ ...REQUEST, name: "baton-3-1" }), MintError)).toMatchObject({ reason: "mint-throttled", retryAfterMs: 60_000 });
  });

  it("are one for all that waited for the limit, those that come at the same time too, for five minutes", async () => {
    const { clock, shared, minter } = aSharedMinter();
    const waited = { ...REQUEST, mayShare: true };
    const credentials = await Promise.all([shared.mint(waited), shared.mint(waited), shared.mint(waited)]);
    clock.now += 299_999;
    credentials.push(await shared.mint(waited));
    expect(minter.requests).toHaveLength(1);
    expect(new Set(credentials.map((credential) => credential.reveal())).size).toBe(1);
    clock.now += 1;
    await shared.mint(waited);
    expect(minter.requests).toHaveLength(2);
  });

  it.each<[string, Partial<MintRequest>]>([
    ["another installation", { installationId: "9" }],
    ["another organization", { scope: { kind: "organization", organization: "other" } }],
    ["a runner that takes a JIT config", { registration: "jit" }],
  ])("are not shared with %s", async (_, difference) => {
    const { shared, throttle } = aSharedMinter();
    await shared.mint(REQUEST);
    throttle();
    await rejectionOf(shared.mint({ ...REQUEST, ...difference }), MintError);
  });

  it("are not shared where GitHub refuses or fails", async () => {
    const { shared, minter } = aSharedMinter();
    await shared.mint(REQUEST);
    minter.failNext("mint", new MintError("mint-refused", "403", { retryable: false }));
    expect(await rejectionOf(shared.mint(REQUEST), MintError)).toMatchObject({ reason: "mint-refused" });
  });
});
