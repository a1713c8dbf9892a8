import { expect, it } from "vitest";
import { createLookup } from "../../app/core/create-lookup.ts";

it("finds what has the key, in order, by one pass over each list however often it is asked", () => {
  let passes = 0;
  const named = createLookup((entry: { readonly name: string | null; readonly id: number }) => {
    passes += 1;
    return entry.name;
  });
  const list = [{ name: "a", id: 1 }, { name: null, id: 2 }, { name: "a", id: 3 }];
  expect([named(list, "a").map(({ id }) => id), named(list, "b"), named(list, "null")]).toEqual([[1, 3], [], []]);
  expect(passes).toBe(list.length);
  expect(named([{ name: "a", id: 4 }], "a")).toEqual([{ name: "a", id: 4 }]);
});
