import { expect, it } from "vitest";
import { mintShare, type MintWindow } from "../../app/core/mint-window.ts";

const MINUTE = 60_000;
const NOW = 30_000_000 * MINUTE + 40_000;
const window = (changes: Partial<MintWindow>): MintWindow => ({ minute: 30_000_000, used: 0, usedBefore: 0, pausedUntil: 0, heldUntil: 0, ...changes });

it("an installation's mints of two minutes of the clock are counted together, so that no sixty seconds hold more", () => {
  expect(mintShare(window({ used: 16, usedBefore: 140 }), 16, NOW)).toEqual({ granted: 10 });
  expect(mintShare(window({ used: 26, usedBefore: 140 }), 16, NOW)).toEqual({ granted: 0, askAgainAt: 30_000_001 * MINUTE, retryAfterMs: 0 });
});

it("what is wanted is counted already", () => {
  expect(mintShare(window({ used: 150 }), 1, NOW)).toEqual({ granted: 1 });
  expect(mintShare(window({ used: 151 }), 1, NOW)).toMatchObject({ granted: 0 });
});
