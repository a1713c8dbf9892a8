import { GithubError, type Log } from "./ports.ts";

/** A look that may be refused. `null` where it could not be had now, which says nothing. */
export async function lookAtGithub<T>(log: Log, what: string, see: () => Promise<T>): Promise<T | "refused" | "not-installed" | null> {
  try {
    return await see();
  } catch (error) {
    log.warn({ err: error instanceof Error ? error.message : String(error) }, `could not look at ${what}`);
    if (!(error instanceof GithubError)) return null;
    return error.reason === "github-refused" ? "refused" : error.reason === "github-not-installed" ? "not-installed" : null;
  }
}
