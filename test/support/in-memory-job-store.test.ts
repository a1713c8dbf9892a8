import { describe, expect, it } from "vitest";
import { StoreError } from "../../app/ports.ts";
import { aJobRecord } from "./a-job-record.ts";
import { createInMemoryJobStore } from "./in-memory-job-store.ts";
import { describeJobStore } from "./job-store-contract.ts";

describeJobStore("job store in memory", async () => ({ store: createInMemoryJobStore(), close: async () => {} }));

describe("a scripted failure of the job store in memory", () => {
  const lost = new StoreError("store-failed", "no answer", { retryable: true });

  it("leaves nothing behind when the call failed before", async () => {
    const store = createInMemoryJobStore();
    store.failNext("create", lost);
    await expect(store.create(aJobRecord())).rejects.toBe(lost);
    expect(store.all()).toEqual([]);
    expect(await store.create(aJobRecord())).toEqual({ written: true });
  });

  it("leaves the record behind when only the answer was lost", async () => {
    const store = createInMemoryJobStore();
    store.failNext("create", lost, "after");
    await expect(store.create(aJobRecord())).rejects.toBe(lost);
    expect(store.all()).toHaveLength(1);
  });
});
