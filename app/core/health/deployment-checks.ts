/** What concerns all installations alike. */
import { sameUrl } from "../diagnosis/delivery-causes.ts";
import { ROUND_OVERDUE_MS } from "../diagnosis/launch-causes.ts";
import { IMAGE_LIFE_DAYS } from "../diagnosis/registration-causes.ts";
import { ago } from "../diagnosis/wording.ts";
import type { HealthCheck } from "../health.ts";
import { parseRunnerName } from "../launches.ts";
import type { RunnerTask } from "../observation.ts";
import { endOfTask } from "../task-end.ts";
import { reasonWords } from "../reason-words.ts";
import { targetsInUse } from "../runner-profiles.ts";
import { checked, ill, unclear, well } from "./check.ts";
import type { DeploymentEvidence } from "./installation-evidence.ts";

/** GitHub refuses after 30 days; a week is left to mend the build. */
const IMAGE_WARN_DAYS = 23;
/** Of the tasks that ended within the hour; fewer are the ordinary mishaps of a day. */
const FAILING_TASKS = 3;
/** Ends that say nothing against a deployment: nothing to do, a duplicate, a stop, a removal. */
const HARMLESS: ReadonlySet<string> = new Set(["task-idle", "task-runner-name-taken", "task-stopped-before-job", "task-agent-ended-without-job", "task-interrupted-during-job", "task-user-initiated", "task-spot-interruption", "task-termination-notice"]);

/** Pure: `now` is epoch milliseconds. */
export function deploymentChecks(seen: DeploymentEvidence, now: number): readonly HealthCheck[] {
  return [...(seen.byKey ? [appKey(seen)] : []), hook(seen), lastDelivery(seen, now), reconciler(seen, now), profiles(seen), ...(seen.image === null ? [] : [image(seen, now)]), tasks(seen)];
}

function appKey({ app }: DeploymentEvidence): HealthCheck {
  const facts = { id: "app-key", title: "App's key" };
  if (app.kind === "not-permitted") return ill(facts, "GitHub refuses the App's private key.", { advice: "Make a new key on the App's settings page and hand it over by npm run setup; this machine's clock has to be right, too." });
  return checked(facts, app, ({ name }) => well(facts, `GitHub knows the App "${name}" by its key.`));
}

function hook({ hook: look, hookUrl, app }: DeploymentEvidence): HealthCheck {
  const facts = { id: "hook", title: "Webhook" };
  const url = app.kind === "seen" ? app.value.htmlUrl : null;
  return checked(facts, look, (value) => {
    if (value === null) return unclear(facts, "GitHub did not show the App's webhook.", { advice: "Try again in a minute." });
    if (value.url === "") return ill(facts, "The App has no webhook, so that GitHub tells Baton of no job.", { advice: "npm run setup sets it (with -- --stack NAME for a deployed stack).", url });
    if (hookUrl !== null && !sameUrl(value.url, hookUrl)) {
      return ill(facts, `GitHub sends to ${value.url}, not to this deployment at ${hookUrl}.`, { advice: "npm run setup sets it (with -- --stack NAME for a deployed stack). Each deployment needs an App of its own.", url });
    }
    return well(facts, `GitHub sends to ${value.url}.`);
  });
}

/** By each event's last attempt. */
function lastDelivery({ deliveries }: DeploymentEvidence, now: number): HealthCheck {
  const facts = { id: "last-delivery", title: "Last delivery" };
  return checked(facts, deliveries, (all) => {
    const [last] = all.toSorted((one, other) => other.deliveredAt - one.deliveredAt);
    if (!last) return unclear(facts, "GitHub has delivered nothing within three days.", { advice: "Nothing may have happened. A job, or Redeliver on a ping (the App's settings, Advanced), shows whether deliveries arrive." });
    const what = `${last.event}${last.action === null ? "" : `.${last.action}`}`;
    if (last.statusCode >= 200 && last.statusCode < 300) return well(facts, `${what} arrived ${ago(last.deliveredAt, now)} (${last.statusCode}).`);
    const advice =
      last.statusCode === 401
        ? "GitHub and Baton have different webhook secrets: npm run setup -- --stack NAME sets GitHub's to the stack's (on this machine: WEBHOOK_SECRET in .env)."
        : last.statusCode === 503
          ? "The jobs table, or the App's secret, could not be read or written: see the webhook function's log. The delivery is asked for again within minutes."
          : "See that the webhook's address is right and answers from the internet, and the webhook function's log. The delivery is asked for again within minutes.";
    return ill(facts, `${what} failed ${ago(last.deliveredAt, now)}: ${last.statusCode === 0 ? "no answer" : last.statusCode} (${last.status}).`, { advice });
  });
}

function reconciler({ sightings }: DeploymentEvidence, now: number): HealthCheck {
  const facts = { id: "reconciler", title: "Reconciler" };
  const advice = "See that its schedule is enabled, and its log.";
  return checked(facts, sightings, (value) => {
    if (value === null) return ill(facts, "No round of the reconciler is on record.", { advice: "The first one comes within a minute of npm run setup; after that, see that its schedule is enabled, and its log." });
    if (now - value.at > ROUND_OVERDUE_MS) return ill(facts, `Its last round was ${ago(value.at, now)}; one is due every minute.`, { advice });
    return well(facts, `Its last round was ${ago(value.at, now)}.`);
  });
}

function profiles({ profiles: all }: DeploymentEvidence): HealthCheck {
  const facts = { id: "profiles", title: "Profiles" };
  if (all.profiles.length === 0) return ill(facts, "There is no runner profile, so that no job is taken.", { advice: "Add one to infra/runner-profiles.yml and run npm run deploy." });
  return well(facts, `${all.profiles.map(({ name }) => name).join(", ")}, on ${targetsInUse(all).map(({ name }) => name).join(", ")}.`);
}

function image({ image: look }: DeploymentEvidence, now: number): HealthCheck {
  const facts = { id: "image", title: "Runner image" };
  const advice = "See CodeBuild, the project of the stack's output ImageBuildProjectName (docs/runner-image.md).";
  return checked(facts, look, (value) => {
    if (value === null) return unclear(facts, "The release watch has not looked at it yet.", { advice: "It looks four times an hour; the first time right after the deployment." });
    if (value.inUse === null) return ill(facts, `There is none yet${value.lastBuild?.status === "running" ? "; a build is running" : ""}.`, { advice });
    const version = `Runner ${value.inUse.version ?? "of an unknown version"}`;
    const behind = `${version}, behind ${value.newest?.version ?? "the newest"} for ${Math.floor(value.daysBehind)} days (looked at ${ago(value.checkedAt, now)})`;
    if (value.daysBehind >= IMAGE_WARN_DAYS) return ill(facts, `${behind}; GitHub gives it no work after ${IMAGE_LIFE_DAYS}.`, { advice: value.pinnedVersion === null ? advice : `It is pinned to ${value.pinnedVersion}: raise that, then npm run deploy.` });
    if (value.fruitlessBuilds > 0) return ill(facts, `${behind}; ${value.fruitlessBuilds} builds in a row failed.`, { advice });
    return well(facts, value.behindSince === null ? `${version}, the newest.` : `${behind}; it is built anew by itself.`);
  });
}

function tasks({ tasks: look, runnerNamePrefix }: DeploymentEvidence): HealthCheck {
  const facts = { id: "tasks", title: "Tasks" };
  return checked(facts, look, (all) => {
    const ours = all.filter(({ runnerName }) => runnerName !== null && parseRunnerName(runnerNamePrefix, runnerName) !== null);
    const ended = ours.filter(({ stoppedAt }) => stoppedAt !== null);
    const failures = ended.flatMap(failureOf);
    if (failures.length >= FAILING_TASKS && failures.length * 2 > ended.length) {
      const [most = ""] = [...Map.groupBy(failures, (reason) => reason)].toSorted((one, other) => other[1].length - one[1].length)[0] ?? [];
      return ill(facts, `${failures.length} of the ${ended.length} that ended within the hour failed, most of them because ${reasonWords(most)} (${most}).`, { advice: "docs/doctor.md says what that means; npm run doctor -- JOB_URL tells of one job." });
    }
    return well(facts, `${ours.length - ended.length} run now; of those of the last hour ${failures.length === 0 ? "none" : failures.length} failed.`);
  });
}

function failureOf(task: RunnerTask): readonly string[] {
  const end = endOfTask([task]);
  return end === null || end.ranJob || HARMLESS.has(end.reason) ? [] : [end.reason];
}
