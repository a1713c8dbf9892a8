import { areGenericLabels } from "./labels.ts";
import { matchProfile, type RunnerProfile } from "./runner-profiles.ts";

/**
 * What a workflow writes as `runs-on` to get that profile: `self-hosted` and one telling label where that is enough, all of its labels otherwise.
 * `null` when profiles before it in the file take every job that it could.
 */
export function runsOn(profile: RunnerProfile, profiles: readonly RunnerProfile[]): readonly string[] | null {
  const telling = profile.labels.filter((label) => !areGenericLabels([label]));
  const wishes = [...telling.map((label) => (profile.labels.includes("self-hosted") ? ["self-hosted", label] : [label])), profile.labels];
  return wishes.find((labels) => reaches(labels, profile, profiles)) ?? null;
}

function reaches(labels: readonly string[], profile: RunnerProfile, profiles: readonly RunnerProfile[]): boolean {
  const match = matchProfile(profiles, labels);
  return match.matched && match.profile.name === profile.name;
}
