/** What the composition roots of the admin pages have in common: the function's and the laptop's. */
import type { AdminWorld } from "./admin/admin-world.ts";
import { createGithubAsUser } from "./github/github-as-user.ts";
import { createGithubSignIn } from "./github/github-sign-in.ts";
import type { Fetch } from "./keep-alive-fetch.ts";

/** All that differs between the two. */
export interface AdminParts extends Omit<AdminWorld, "readerFor" | "signIn"> {
  readonly fetch: Fetch;
}

export function createAdminWorld({ fetch, ...parts }: AdminParts): AdminWorld {
  const { github, clock } = parts;
  return { ...parts, readerFor: createGithubAsUser({ apiUrl: github.apiUrl, fetch, clock }), signIn: createGithubSignIn({ ...github, fetch }) };
}
