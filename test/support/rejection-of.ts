/** What a promise is rejected with; fails the test when it is fulfilled instead. */
export async function rejectionOf<Kind extends Error>(promise: Promise<unknown>, Kind: abstract new (...args: never[]) => Kind): Promise<Kind> {
  const outcome = await promise.then(
    (value: unknown) => ({ value }),
    (error: unknown) => ({ error }),
  );
  if ("error" in outcome && outcome.error instanceof Kind) return outcome.error;
  throw new Error(`expected a rejection with ${Kind.name}`, { cause: "error" in outcome ? outcome.error : outcome.value });
}
