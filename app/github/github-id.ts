import * as z from "zod";

/**
 * A GitHub id as decimal text. `JSON.parse` rounds what is above 2^53 and a rounded id is another job's, so those are refused;
 * Octokit's own parser hands them out as bigint.
 */
export const githubId = z
  .union([z.number().int().nonnegative().refine(Number.isSafeInteger), z.bigint().nonnegative()], { error: "expected an id (a whole number)" })
  .transform(String);
