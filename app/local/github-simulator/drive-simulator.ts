import type { GithubSimulator } from "./github-simulator.ts";
import { apiUrl } from "./payloads/api-url.ts";
import { deliverySnapshot, jobSnapshot, runnerSnapshot } from "./snapshots.ts";
import type { StateKeeper } from "./state-keeper.ts";
import { addAccount, findRepository, openAccount } from "./state/accounts.ts";
import { changeInstallation, removeInstallation } from "./state/installations.ts";
import { approveDeployment, cancelJob, queueWorkflow } from "./state/jobs.ts";
import { addPerson } from "./state/people.ts";
import { addPersonalToken } from "./state/personal-tokens.ts";
import { addWorkflowFile } from "./state/workflow-files.ts";
import { addMisbehaviour, clearMisbehaviours, misbehaviourSchema } from "./state/misbehaviours.ts";
import { sendPing } from "./state/send-ping.ts";
import type { WebhookSender } from "./webhook-sender.ts";

/** What a test or a demo does with the simulator, without HTTP. */
export function driveSimulator({ state, change }: StateKeeper, sender: WebhookSender): Omit<GithubSimulator, "on" | "off" | "close" | "setAppKey"> {
  return {
    origin: state.origin,
    apiUrl: apiUrl(state),
    setWebhook(url, secret) {
      state.hook.url = url;
      if (secret !== undefined) state.hook.secret = secret;
    },
    addOrganization: (organization) => ({ installationId: change((_, now) => addAccount(state, "Organization", organization, now)).id }),
    addUser: (user) => ({ installationId: change((_, now) => addAccount(state, "User", user, now)).id }),
    openAccount: (type, account) => void change((_, now) => openAccount(state, type, account, now)),
    changeInstallation: (id, wanted) => change((_, now) => changeInstallation(state, id, wanted, now)),
    removeInstallation: (id) => change(() => removeInstallation(state, id)),
    changeApp: (wanted) => void Object.assign(state.app, wanted),
    queueWorkflow({ repository, ...workflow }) {
      const run = change((_, now) => queueWorkflow(state, findRepository(state, repository), workflow, now));
      return { runId: String(run.id), jobIds: run.jobs.map(({ id }) => String(id)) };
    },
    addWorkflowFile: (repository, path, text) => change((_, now) => addWorkflowFile(state, findRepository(state, repository), { path, text }, now)),
    addPerson: (person) => ({ id: String(change(() => addPerson(state, person)).id) }),
    setCallbackUrls: (urls) => void (state.app.callbackUrls = urls),
    oauthClient: () => ({ clientId: state.app.clientId, clientSecret: state.app.clientSecret }),
    addPersonalToken: (login) => addPersonalToken(state, login),
    approveDeployment: (jobId) => change((_, now) => approveDeployment(state, find(state.jobs, jobId), now)),
    cancelJob: (jobId) => change((_, now) => cancelJob(state, find(state.jobs, jobId), now)),
    cancelRun: (runId) => change((_, now) => find(state.runs, runId).jobs.forEach((job) => cancelJob(state, job, now))),
    job: (jobId) => change(() => jobSnapshot(state, find(state.jobs, jobId))),
    jobs: () => change(() => [...state.jobs.values()].map((job) => jobSnapshot(state, job))),
    runners: () => change(() => [...state.runners.values()].map(runnerSnapshot)),
    sessionOf: (runnerName) => change(() => [...state.runners.values()].find(({ name }) => name === runnerName)?.session?.id ?? null),
    deliveries: () => [...state.deliveries.values()].map(deliverySnapshot),
    redeliver: (deliveryId) => sender.redeliver(find(state.deliveries, deliveryId)),
    ping: () => change(() => sendPing(state)),
    deliveriesSettled: () => sender.settled(),
    misbehave: (rule) => addMisbehaviour(state, misbehaviourSchema.parse(rule)).id,
    clearMisbehaviour: (id) => clearMisbehaviours(state, id),
    advance: () => change(() => undefined),
  };
}

function find<Thing>(things: ReadonlyMap<number, Thing>, id: string): Thing {
  const thing = things.get(Number(id));
  if (!thing) throw new Error(`the simulator knows no ${id}`);
  return thing;
}
