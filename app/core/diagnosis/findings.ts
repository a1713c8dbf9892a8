import type { Finding } from "../diagnosis.ts";
import type { Look } from "../look.ts";
import { TOPICS, type Topic } from "./cause.ts";
import { ignoredToday } from "./policy-causes.ts";
import { missingPermissions, registrationPermission } from "./registration-causes.ts";
import type { Situation } from "./situation.ts";
import { ago, ahead, labelList, span } from "./wording.ts";

/** Everything that was looked at, a line each; `faults` are the topics of the causes that apply. */
export function findingsOf(situation: Situation, faults: ReadonlySet<Topic>): readonly Finding[] {
  return TOPICS.map((topic): Finding => {
    const told = TELL[topic](situation);
    if (typeof told === "string") return { topic, standing: faults.has(topic) ? "wrong" : "ok", text: told };
    return { topic, ...told };
  });
}

type Told = string | Pick<Finding, "standing" | "text">;

const TELL: Readonly<Record<Topic, (situation: Situation) => Told>> = {
  installation: ({ evidence }) =>
    look(evidence.installation, (value) =>
      value === null ? bad(`The App is not installed on ${evidence.address.owner}, as far as can be seen.`) : `The App is installed on ${value.account.login}${value.suspendedAt === null ? "" : ", suspended"}.`,
    ),
  repository: ({ evidence, fullName }) => look(evidence.repository, (value) => (value === null ? bad(`${fullName} is not among the repositories that the App may see.`) : `${fullName} is ${value.visibility}.`)),
  "job-at-github": ({ evidence, now }) =>
    look(evidence.job, (value) => {
      if (value === null) return bad("GitHub has no such job.");
      const runner = value.runnerName === null ? "" : ` on ${value.runnerName}`;
      return `${value.status}${value.conclusion === null ? "" : ` (${value.conclusion})`}${runner}, created ${ago(value.createdAt, now)}.`;
    }),
  hook: ({ evidence }) =>
    look(evidence.hook, (value) => {
      if (value === null) return unseen("GitHub did not show it.");
      const elsewhere = evidence.hookUrl !== null && value.url !== evidence.hookUrl;
      const text = `GitHub sends to ${value.url === "" ? "no address" : value.url}${value.active ? "" : ", and it is switched off"}${elsewhere ? `; this deployment listens at ${evidence.hookUrl}` : ""}.`;
      return elsewhere || !value.active || value.url === "" ? bad(text) : text;
    }),
  "hook-delivery": ({ evidence, now }) =>
    look(evidence.deliveries, ({ attempts, certain, complete }) => {
      if (attempts.length === 0) return complete ? "GitHub's list has none of this job." : unseen("None of this job is among the ones that could be seen.");
      const lines = attempts.slice(0, 3).map(({ statusCode, status, deliveredAt }) => `${statusCode} (${status}) ${ago(deliveredAt, now)}`);
      return `${certain ? "" : "Of the repository, about then: "}${lines.join("; ")}.`;
    }),
  record: ({ evidence, now }) =>
    look(evidence.record, (value) => {
      if (value === null) return "Nothing is on record of the job.";
      const next = value.state === "waiting" ? `, next try ${ahead(value.nextTryAt, now)}` : "";
      return `${value.state}${value.reason === "" ? "" : ` (${value.reason})`}, launch ${value.launch}${next}; heard of ${ago(value.receivedAt, now)}.`;
    }),
  labels: ({ labels, match, evidence }) => {
    if (!hasLabels(evidence)) return unseen("The job could not be seen.");
    return match.matched ? `${labelList(labels)} is covered by the profile "${match.profile.name}".` : `${labelList(labels)}: ${match.reason}.`;
  },
  policy: (situation) => {
    if (!hasLabels(situation.evidence)) return unseen("The job could not be seen.");
    const reason = ignoredToday(situation);
    if (reason === "public-repository" || reason === "repository-not-allowed") return bad(`The profile does not admit the repository: ${reason}.`);
    return situation.match.matched ? "The profile admits the repository." : unseen("No profile, no policy.");
  },
  permissions: ({ installation, scope }) => {
    if (!installation) return unseen("The installation could not be seen.");
    if (!scope) return unseen("Without a profile none are needed.");
    const missing = missingPermissions([registrationPermission(scope)], installation.permissions);
    return missing.length === 0 ? `${registrationPermission(scope).name} is granted.` : bad(`${missing.map(({ name, level }) => `${name}: ${level}`).join(", ")} is not granted.`);
  },
  group: ({ evidence, scope, profile }) => {
    if (scope?.kind === "repository") return "Runners register at the repository, which has no groups.";
    return look(evidence.group, (value) => {
      if (value === null) return bad(`There is no runner group "${profile?.group ?? ""}".`);
      const to = value.visibility === "selected" ? (value.repositories?.slice(0, 5).join(", ") ?? "selected repositories") : value.visibility === "private" ? "private repositories" : "all repositories";
      return `"${value.name}" is open to ${to}, ${value.allowsPublicRepositories ? "public ones included" : "not to public ones"}${value.restrictedToWorkflows ? ", for chosen workflows" : ""}.`;
    });
  },
  image: ({ evidence }) =>
    look(evidence.image, (value) => {
      if (value === null) return unseen("No look at it is on record.");
      if (value.inUse === null) return "There is none yet.";
      return `Runner ${value.inUse.version ?? "of unknown version"}, ${value.behindSince === null ? "the newest" : `behind for ${Math.floor(value.daysBehind)} days`}.`;
    }),
  task: ({ evidence, launchTasks, itsTask, launchName, now }) =>
    look(evidence.tasks, () => {
      const shown = itsTask ? [itsTask] : launchTasks;
      if (shown.length === 0) return launchName === "" ? "No launch was made, so there is none." : "ECS has none of the current launch (it forgets those that ended an hour ago).";
      return shown
        .map(({ lastStatus, exitCode, stopCode, stoppedReason, createdAt }) => {
          const end = [exitCode === null ? null : `exit code ${exitCode}`, stopCode, stoppedReason].filter((part) => part !== null && part !== "").join(", ");
          return `${lastStatus}${end === "" ? "" : ` (${end})`}, started ${ago(createdAt, now)}.`;
        })
        .join(" ");
    }),
  runner: ({ evidence, launchRunner, launchName, unfinished }) =>
    look(evidence.runners, (all) => {
      const ours = all.filter(({ name }) => name.startsWith(`${evidence.runnerNamePrefix}-`));
      const count = `${ours.length} of ours at GitHub, ${ours.filter(({ online, busy }) => online && !busy).length} idle`;
      if (launchName === "" || !unfinished) return `${count}.`;
      return launchRunner ? `${launchName} is ${launchRunner.online ? (launchRunner.busy ? "busy" : "online and idle") : "offline"}; ${count}.` : `${launchName} is not at GitHub; ${count}.`;
    }),
  reconciler: ({ evidence, now }) => look(evidence.lastRoundAt, (at) => (at === null ? "No round is on record." : `Its last round was ${ago(at, now)}.`)),
  quota: ({ evidence, now }) => look(evidence.quota, ({ limit, remaining, resetsAt }) => `${remaining} of ${limit} requests are left, renewed in ${span(resetsAt - now)}.`),
};

function look<T>(seen: Look<T> | null, tell: (value: T) => Told): Told {
  if (seen === null) return unseen("Not looked at.");
  if (seen.kind === "seen") return tell(seen.value);
  return seen.kind === "not-permitted" ? { standing: "not-permitted", text: `Not permitted to look: it needs ${seen.needs}.` } : unseen(`Could not look: ${seen.message}`);
}

function unseen(text: string): Told {
  return { standing: "not-looked", text };
}

function bad(text: string): Told {
  return { standing: "wrong", text };
}

function hasLabels({ job, record }: Situation["evidence"]): boolean {
  return (job?.kind === "seen" && job.value !== null) || (record?.kind === "seen" && record.value !== null);
}
