import type { InstallationFacts } from "./facts-at-github.ts";
import type { RunnerProfile } from "./runner-profiles.ts";

/** The profiles that some repository of that account can use: those that admit all repositories, or one of its own. */
export function usableProfiles(profiles: readonly RunnerProfile[], { account }: Pick<InstallationFacts, "account">): readonly RunnerProfile[] {
  const owner = `${account.login}/`.toLowerCase();
  return profiles.filter(({ repositories }) => repositories.length === 0 || repositories.some((pattern) => pattern.toLowerCase().startsWith(owner)));
}
