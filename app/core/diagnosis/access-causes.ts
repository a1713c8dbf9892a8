/** What keeps us from seeing the job at all. */
import { unknown, waits, wrong, type Cause } from "./cause.ts";
import { ago, ahead, RERUN } from "./wording.ts";

export const accessCauses: readonly Cause[] = [
  {
    id: "github-unreachable",
    topic: "installation",
    explain: ({ evidence: { installation, webOrigin } }) =>
      installation.kind !== "failed"
        ? null
        : unknown(`GitHub (${webOrigin}) does not answer, so that nothing can be said of the job.`, [installation.message], ["Look at https://www.githubstatus.com, or at the network between here and GitHub, and ask again."]),
  },
  {
    id: "credential-refused",
    topic: "installation",
    explain: ({ evidence: { installation } }) =>
      installation.kind !== "not-permitted"
        ? null
        : wrong(
            "GitHub refuses the credential that it is asked with; where that is the App's key, no job can be started at all.",
            [`GitHub asks for ${installation.needs}.`],
            ["On the operator's machine: make a new private key on the App's settings page and hand it over by npm run setup (with -- --stack NAME for a deployed stack).", "On the admin pages: sign in again."],
          ),
  },
  {
    id: "not-installed",
    topic: "installation",
    explain: ({ evidence: { installation, app, address, webOrigin } }) => {
      if (installation.kind !== "seen" || installation.value !== null) return null;
      const page = app.kind === "seen" ? `${app.value.htmlUrl}/installations/new` : `${webOrigin}/apps`;
      return wrong(
        `The App is not installed on ${address.owner}, so GitHub tells Baton nothing of its jobs.`,
        [`None of the installations that can be seen is ${address.owner}'s.`],
        [`An owner of ${address.owner} installs it: ${page}`, "On the admin pages it can also be that you do not administer that account."],
      );
    },
  },
  {
    id: "installation-suspended",
    topic: "installation",
    explain: ({ installation, now }) =>
      installation?.suspendedAt == null
        ? null
        : wrong(
            `The App's installation on ${installation.account.login} is suspended: GitHub tells it nothing and lets it do nothing.`,
            [`Suspended ${ago(installation.suspendedAt, now)}.`],
            [`An owner of ${installation.account.login} unsuspends it: ${installation.htmlUrl}`, RERUN],
          ),
  },
  {
    id: "repository-not-selected",
    topic: "repository",
    explain: ({ installation, fullName, evidence: { repository } }) =>
      installation?.repositorySelection !== "selected" || repository?.kind !== "seen" || repository.value !== null
        ? null
        : wrong(
            `The App is installed on ${installation.account.login}, but not for the repository ${fullName}.`,
            ["The installation is for selected repositories, and this one is not among them."],
            [`An owner of ${installation.account.login} adds it: ${installation.htmlUrl}`, RERUN],
          ),
  },
  {
    id: "quota-used-up",
    topic: "quota",
    explain: ({ evidence: { quota }, job, now }) =>
      quota?.kind !== "seen" || quota.value.remaining > 0 || (job !== null && job.status !== "queued")
        ? null
        : waits(
            quota.value.limit === 0 ? "GitHub limits how much the installation may ask at a time, and asked to wait; until then no runner can be registered." : "The installation has used up what GitHub lets it ask within an hour; until that is renewed no runner can be registered.",
            [quota.value.limit === 0 ? `It may ask again ${ahead(quota.value.resetsAt, now)}.` : `0 of ${quota.value.limit} requests are left; they are renewed ${ahead(quota.value.resetsAt, now)}.`],
            ["It goes on by itself then.", "Should it happen again: other tools may use the same App, or thousands of jobs wait at once (docs/runbook.md)."],
          ),
  },
  {
    id: "actions-not-permitted",
    topic: "permissions",
    explain: ({ installation, evidence: { job } }) =>
      job?.kind !== "not-permitted"
        ? null
        : wrong(
            `GitHub does not let us look at the job: ${job.needs} is missing.`,
            [`Granted on ${installation?.account.login ?? "the account"}: ${permissionList(installation?.permissions ?? {})}.`],
            [`Ask for it in the App's settings, and have an owner accept it: ${installation?.htmlUrl ?? "the installation's page"}`],
          ),
  },
  {
    id: "job-unreadable",
    topic: "job-at-github",
    explain: ({ evidence: { job }, record }) =>
      job?.kind !== "failed" || record !== null ? null : unknown("GitHub did not show the job, and nothing is on record of it.", [job.message], ["Ask again in a minute; https://www.githubstatus.com tells whether GitHub has trouble."]),
  },
  {
    id: "run-without-jobs",
    topic: "job-at-github",
    explain({ evidence: { run, job } }) {
      if (run?.kind !== "seen" || run.value === null || run.value.jobs.length > 0 || job !== null) return null;
      const { status, conclusion, event } = run.value;
      const because = [`The run is ${status}${conclusion === null ? "" : ` (${conclusion})`}, started by ${event}, and has no job.`];
      if (conclusion === "action_required" || status === "action_required") {
        return waits("GitHub holds the run until somebody approves it, as it does with pull requests of first-time contributors.", because, [`Somebody with write access approves it: ${run.value.htmlUrl}`]);
      }
      if (status === "completed") return wrong("GitHub ended the run before it had a job, most often because the workflow file is not valid.", because, [`GitHub's own words are there: ${run.value.htmlUrl}`]);
      return waits("GitHub has made no job of the run yet: it may be waiting for another run of its concurrency group.", because, [`Look there: ${run.value.htmlUrl}`]);
    },
  },
  {
    id: "job-unknown",
    topic: "job-at-github",
    explain: ({ evidence: { job, run }, fullName, record }) =>
      (job?.kind === "seen" && job.value === null) || (job === null && run?.kind === "seen" && run.value === null)
        ? wrong(
            `GitHub has no such job or run in ${fullName}, or hides it from us.`,
            ["GitHub answers 404.", ...(record ? [`On record it is ${record.state}${record.reason === "" ? "" : ` (${record.reason})`}.`] : [])],
            ["Compare the address; a run that was deleted is gone with its jobs.", "A repository that was renamed has another address."],
          )
        : null,
  },
];

export function permissionList(permissions: Readonly<Record<string, string>>): string {
  return Object.entries(permissions).map(([name, level]) => `${name}: ${level}`).join(", ") || "nothing";
}
