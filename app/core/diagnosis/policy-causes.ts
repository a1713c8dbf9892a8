/** Why Baton leaves a job to others: labels against profiles, and whom the profile admits. */
import type { IgnoreReason } from "../decide.ts";
import type { RunnerLabels } from "../labels.ts";
import { admitsRepository, type RunnerProfile } from "../runner-profiles.ts";
import { wrong, type Cause, type Explanation } from "./cause.ts";
import type { Situation } from "./situation.ts";
import { INTO_FORCE, labelList, RERUN } from "./wording.ts";

/** By the settings of today, as the webhook decides it; `null`: it would be launched. */
export function ignoredToday({ match, repository, fullName }: Situation): IgnoreReason | null {
  if (!match.matched) return match.reason;
  if (repository?.visibility === "public" && !match.profile.publicRepositories) return "public-repository";
  const [owner = "", name = ""] = fullName.split("/");
  return admitsRepository(match.profile, owner, name) ? null : "repository-not-allowed";
}

/** Ignored then and today; without a record, today. */
function ignored(reason: IgnoreReason, explain: (situation: Situation) => Explanation): Cause {
  return {
    id: reason,
    topic: reason === "public-repository" || reason === "repository-not-allowed" ? "policy" : "labels",
    explain(situation) {
      const { record, job, unfinished, evidence } = situation;
      const mayBe = record ? record.state === "ignored" : evidence.record?.kind !== "seen" && job !== null;
      return unfinished && mayBe && ignoredToday(situation) === reason ? explain(situation) : null;
    },
  };
}

export const policyCauses: readonly Cause[] = [
  ignored("no-labels", () =>
    wrong(
      "The job names no label, as with `runs-on: { group: … }`; GitHub does not tell the group, so that no profile can be chosen.",
      ["Its list of labels is empty."],
      ["Write labels into runs-on as well: runs-on: { group: Default, labels: [self-hosted, small] }."],
    ),
  ),
  ignored("only-generic-labels", ({ labels, evidence: { profiles } }) => {
    const fallback = profiles.profiles.find((profile) => profile.default);
    return wrong(
      fallback ? `The job names only generic labels, and the default profile "${fallback.name}" does not have them all.` : "The job names only generic labels, and no profile is marked as the default, so that Baton leaves it to other runners.",
      [`runs-on: ${labelList(labels)}`, ...(fallback ? [`The default profile has ${labelList(fallback.labels)}.`] : [])],
      [`Name a profile's own label in runs-on: ${profiles.profiles.map((profile) => ownLabel(profile)).join(", ")}.`, `Or mark a profile default: true in infra/runner-profiles.yml. ${INTO_FORCE}`],
    );
  }),
  ignored("no-matching-profile", ({ labels, evidence: { profiles } }) => {
    const nearest = nearestProfile(profiles.profiles, labels);
    const list = nearest?.missing.join(", ") ?? labels.join(", ");
    return wrong(
      `No profile covers the label${(nearest?.missing.length ?? labels.length) === 1 ? "" : "s"} ${list}.`,
      [`runs-on: ${labelList(labels)}`, ...(nearest ? [`The nearest profile is "${nearest.profile.name}" with ${labelList(nearest.profile.labels)}.`] : ["There are no profiles."])],
      [`Take ${list} out of runs-on, if it is a slip.`, `Or give a profile that label in infra/runner-profiles.yml. ${INTO_FORCE}`],
    );
  }),
  ignored("public-repository", ({ match, fullName }) =>
    wrong(
      `${fullName} is public, and the profile takes no jobs of public repositories, since a fork's pull request could run anything.`,
      [`The profile is "${match.matched ? match.profile.name : ""}"; its publicRepositories is false.`],
      ["Leave it so, unless you know what may run there.", `To allow it, set publicRepositories: true in infra/runner-profiles.yml, and allow public repositories in the runner group. ${INTO_FORCE}`],
    ),
  ),
  ignored("repository-not-allowed", ({ match, fullName }) =>
    wrong(
      `The profile does not admit the repository ${fullName}.`,
      [`The profile is "${match.matched ? match.profile.name : ""}"; it admits ${match.matched ? match.profile.repositories.join(", ") : ""}.`],
      [`Add ${fullName} to its repositories in infra/runner-profiles.yml, or name another profile in runs-on. ${INTO_FORCE}`],
    ),
  ),
  {
    id: "ignored-by-other-settings",
    topic: "policy",
    explain(situation) {
      const { record, unfinished } = situation;
      if (!unfinished || record?.state !== "ignored") return null;
      if (record.reason === "no-installation" || record.reason === "not-from-this-github") {
        return wrong(
          record.reason === "no-installation" ? "The job's event did not come from the App's webhook: it names no installation." : "The job's event names another GitHub than the one this deployment works for.",
          [`On record: ignored (${record.reason}).`],
          record.reason === "no-installation" ? ["A webhook of a repository or organization sends here, too: remove that one. The App's own is enough."] : ["Compare GITHUB_API_URL with where the App is registered."],
        );
      }
      return wrong("Baton ignored the job by settings that have changed since; today it would be launched.", [`On record: ignored (${record.reason}).`], [`${RERUN} Or deliver its event again: Advanced, Recent Deliveries on the App's settings page.`]);
    },
  },
];

function nearestProfile(profiles: readonly RunnerProfile[], labels: RunnerLabels): { readonly profile: RunnerProfile; readonly missing: RunnerLabels } | null {
  const [nearest] = profiles
    .map((profile) => ({ profile, missing: labels.filter((label) => !profile.labels.includes(label)) }))
    .toSorted((one, other) => one.missing.length - other.missing.length);
  return nearest ?? null;
}

/** The label by which a profile is meant: its last one, by convention its name. */
function ownLabel({ name, labels }: RunnerProfile): string {
  return labels.includes(name.toLowerCase()) ? name.toLowerCase() : (labels.at(-1) ?? name);
}
