import { MintError } from "../ports.ts";
import { GithubCallError } from "./github-failures.ts";
import type { RunnerScopeAccess } from "./runner-scope-access.ts";

/** What a failed call means for minting, told with what the operator can do about it. */
export function mintError(error: unknown, { access }: Pick<RunnerScopeAccess, "access">): MintError {
  if (error instanceof MintError) return error;
  if (!(error instanceof GithubCallError)) {
    const message = error instanceof Error ? error.message : "minting failed";
    return new MintError("mint-failed", message, { retryable: true, cause: error });
  }
  const { kind, retryAfterMs, cause } = error;
  if (kind !== "refused") return new MintError(`mint-${kind}`, error.message, { retryable: true, retryAfterMs, cause });
  if (error.status === 409 && error.during === "call") {
    return new MintError("runner-name-taken", error.message, { retryable: true });
  }
  const message = error.status === 0 ? error.message : `${error.message}. ${advice(error, access)}`;
  return new MintError("mint-refused", message, { retryable: false });
}

function advice({ status, during }: GithubCallError, { installationId, permissions }: RunnerScopeAccess["access"]): string {
  const wanted = Object.entries(permissions).map(([name, level]) => `${name}: ${level}`).join(", ");
  const grant = `Grant the GitHub App "${wanted}" and approve the new permission on installation ${installationId}`;
  if (during === "installation-token") {
    if (status === 401) return "GitHub does not accept the App's JWT: check the App id, its private key and this machine's clock.";
    if (status === 404) return `The App is not installed there any more (installation ${installationId}).`;
    if (status === 403) return `Installation ${installationId} may be suspended; unsuspend it in its settings.`;
    return `${grant}.`;
  }
  if (status === 401 || status === 403) return `${grant}.`;
  if (status === 404) return `${grant}, or check that the App reaches the organization or repository.`;
  return "GitHub takes no such runner: check the profile's labels, group and the runner name prefix.";
}
