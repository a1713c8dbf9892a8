import * as z from "../schema.ts";

/**
 * A GitHub id as decimal text. `JSON.parse` rounds what is above 2^53 and a rounded id is another job's, so those are refused;
 * Octokit's own parser hands them out as bigint.
 */
export const githubId = z.pipe(
  z.union([z.int().check(z.nonnegative()), z.bigint().check(z.nonnegative())], "expected an id (a whole number)"),
  z.transform(String),
);
