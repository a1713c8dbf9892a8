import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { AdminRequest } from "../../app/core/admin-request.ts";
import { StoreError, type AdminRequestStore } from "../../app/ports.ts";
import { TEST_NOW } from "./a-workflow-job-event.ts";
import { anAdminRequest } from "./an-admin-request.ts";
import { rejectionOf } from "./rejection-of.ts";

export interface OpenedAdminRequestStore {
  readonly store: AdminRequestStore;
  close(): Promise<void>;
}

const settled = (request: AdminRequest): AdminRequest => ({ ...request, state: "done", outcome: "Launched again as number 2.", settledAt: TEST_NOW + 60_000 });

/** What every `AdminRequestStore` does. */
export function describeAdminRequestStore(name: string, open: () => Promise<OpenedAdminRequestStore>): void {
  describe(name, () => {
    let opened: OpenedAdminRequestStore;
    let store: AdminRequestStore;
    beforeAll(async () => {
      opened = await open();
      store = opened.store;
    });
    afterAll(() => opened.close());
    const askedIds = async () => (await store.listAsked()).map(({ id }) => id);

    it("has nothing of a request it never saw", async () => {
      expect(await store.get(anAdminRequest().id)).toBeNull();
    });

    it.each<AdminRequest["wish"]>([
      { kind: "launch-again", jobId: "8123456789" },
      { kind: "stop", jobId: "8123456789" },
      { kind: "redeliver", deliveryId: "12345678901234567890", guid: "0b989ba4-242f-11e5-81e1-c7b6966d2516" },
    ])("gives back a wish to $kind as it was given", async (wish) => {
      const request = anAdminRequest({ wish, by: { login: "mona_acme", id: "9" } });
      await store.ask(request);
      expect(await store.get(request.id)).toEqual(request);
      expect(await store.listAsked()).toContainEqual(request);
    });

    it("takes a request once, and lets nobody ask for something else in its place", async () => {
      const request = anAdminRequest();
      await store.ask(request);
      const error = await rejectionOf(store.ask({ ...request, wish: { kind: "stop", jobId: "43" } }), StoreError);
      expect(error).toMatchObject({ reason: "store-refused", retryable: false });
      expect(await store.get(request.id)).toEqual(request);
    });

    it("lists what was asked for, oldest first", async () => {
      const requests = [30, 10, 20].map((age) => anAdminRequest({ askedAt: TEST_NOW - age * 1000 }));
      for (const request of requests) await store.ask(request);
      const ours = new Set(requests.map(({ id }) => id));
      expect((await askedIds()).filter((id) => ours.has(id))).toEqual([requests[0]?.id, requests[2]?.id, requests[1]?.id]);
    });

    it("lets one of ten begin a request, and lists it no more", async () => {
      const request = anAdminRequest();
      await store.ask(request);
      const begun = await Promise.all(Array.from({ length: 10 }, () => store.begin(request)));
      expect(begun.filter(Boolean)).toHaveLength(1);
      expect(await store.get(request.id)).toEqual({ ...request, state: "begun" });
      expect(await askedIds()).not.toContain(request.id);
    });

    it("begins nothing that was never asked for", async () => {
      const request = anAdminRequest();
      expect(await store.begin(request)).toBe(false);
      expect(await store.get(request.id)).toBeNull();
    });

    it("keeps what came of a request that was begun, and of one that was refused at once", async () => {
      const [begun, refused] = [anAdminRequest(), anAdminRequest()];
      await store.ask(begun);
      await store.begin(begun);
      await store.settle(settled(begun));
      await store.ask(refused);
      await store.settle({ ...settled(refused), state: "refused" });
      expect(await store.get(begun.id)).toEqual(settled(begun));
      expect(await store.get(refused.id)).toEqual({ ...settled(refused), state: "refused" });
      const listed = await askedIds();
      expect([listed.includes(begun.id), listed.includes(refused.id)]).toEqual([false, false]);
    });

    it("changes nothing once a request is settled: it is neither begun nor settled again", async () => {
      const request = anAdminRequest();
      await store.ask(request);
      await store.settle(settled(request));
      expect(await store.begin(request)).toBe(false);
      await store.settle({ ...request, state: "refused", outcome: "too late", settledAt: 1 });
      expect(await store.get(request.id)).toEqual(settled(request));
    });
  });
}
