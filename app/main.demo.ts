/** The composition root of the demo: the local control plane against the GitHub simulator, with a workflow that meets every mishap. */
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { searchPath, type LocalApp } from "./config.ts";
import type { RunnerProfiles } from "./core/runner-profiles.ts";
import { demoFaults, type DemoState } from "./local/check-demo.ts";
import { DEMO_JOBS, DEMO_PEOPLE, DEMO_REPOSITORY, demoWorkflow } from "./local/demo-workflow.ts";
import type { GithubSimulator } from "./local/github-simulator/github-simulator.ts";
import { startGithubSimulator } from "./local/github-simulator/start-github-simulator.ts";
import { dockerContainers } from "./local/task-launcher/launch-docker.ts";
import { processContainers } from "./local/task-launcher/launch-process.ts";
import { followJobs, noteProgress } from "./local/timeline/follow-jobs.ts";
import type { JobTimeline } from "./local/timeline/job-timeline.ts";
import { startControlPlane, type LocalControlPlane } from "./main.local.ts";
import type { JobProgress, Log } from "./ports.ts";

export interface DemoSettings {
  readonly profiles: RunnerProfiles;
  readonly timeline: JobTimeline;
  /** Job logs and work directories are kept below it. */
  readonly directory: string;
  /** A runner image of the local Docker daemon; processes of this machine when `null`. */
  readonly image: string | null;
  /** Of the control plane; 0 takes a free one. */
  readonly port: number;
  readonly log: Log;
}

export interface Demo {
  readonly github: GithubSimulator;
  /** The simulated GitHub's App. */
  readonly app: LocalApp;
  readonly plane: LocalControlPlane;
  /** Queues the workflow and resolves when all is as it should be, or `limitMs` are over: then with what is not. */
  run(limitMs: number, signal: AbortSignal): Promise<readonly string[]>;
  close(): Promise<void>;
}

/** Close together, so that nobody waits for a minute's round; the deployed reconciler takes its time. */
const ROUND_MS = 1_500;
const SURPLUS_GRACE_MS = 3_000;
const LOOK_MS = 150;

const agentDirectory = fileURLToPath(new URL("./local/stand-in-agent/", import.meta.url));
const entrypoint = fileURLToPath(new URL("../runner-image/entrypoint.sh", import.meta.url));

export async function startDemo(settings: DemoSettings): Promise<Demo> {
  const { timeline, directory, log } = settings;
  const keys = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
  const app = { appId: 1, privateKey: keys.privateKey, webhookSecret: randomBytes(24).toString("hex") };
  const github = await startGithubSimulator({ app: { id: app.appId, publicKeyPem: keys.publicKey, webhookSecret: app.webhookSecret } });
  const environment = { GITHUB_API_URL: github.apiUrl };
  const onProgress: ((progress: JobProgress) => void)[] = [(progress) => noteProgress(timeline, progress)];
  let plane: LocalControlPlane;
  try {
    plane = await startControlPlane({
      app,
      github: { apiUrl: github.apiUrl, webOrigin: github.origin },
      oauth: github.oauthClient(),
      profiles: settings.profiles,
      runnerNamePrefix: "baton",
      port: settings.port,
      startContainer:
        settings.image === null
          ? processContainers({ entrypoint, agentDirectory, workDirectory: `${directory}/work`, path: searchPath(), environment })
          : await dockerContainers({ image: settings.image, hostNetwork: true, environment }),
      logDirectory: `${directory}/tasks`,
      reconcileEveryMs: ROUND_MS,
      surplusGraceMs: SURPLUS_GRACE_MS,
      report: (progress) => onProgress.forEach((listener) => listener(progress)),
      log,
    });
  } catch (error) {
    await github.close();
    throw error;
  }
  github.setCallbackUrls([`${plane.pagesUrl}sign-in/callback`]);
  github.changeApp({ setupUrl: `${plane.pagesUrl}installed`, setupOnUpdate: true });
  followJobs(timeline, github, plane.launcher);
  const launches = new Map<string, number>();
  plane.bus.events.on("event", ({ detail }) => {
    const { decision, jobId } = (detail as { runner?: { decision?: string; jobId?: string } }).runner ?? {};
    if (decision === "launch" && jobId !== undefined) launches.set(jobId, (launches.get(jobId) ?? 0) + 1);
  });

  const look = async (jobIds: readonly string[]): Promise<DemoState> => ({
    jobs: await Promise.all(
      DEMO_JOBS.map(async (wanted, index) => {
        const jobId = jobIds[index] ?? "";
        return { wanted, atGithub: github.job(jobId), record: await plane.store.get(jobId), launchEvents: launches.get(jobId) ?? 0 };
      }),
    ),
    runners: github.runners(),
    tasks: plane.launcher.list(),
    openRecords: await plane.store.listOpen(),
  });

  return {
    github,
    app,
    plane,
    async run(limitMs, signal) {
      github.setWebhook(plane.webhookUrl, app.webhookSecret);
      const { organization } = DEMO_REPOSITORY;
      github.addOrganization({
        login: organization,
        repositories: [{ name: DEMO_REPOSITORY.name, visibility: "private" }],
        permissions: { organization_self_hosted_runners: "write", actions: "read", members: "read" },
      });
      github.addPerson({ login: DEMO_PEOPLE.admin, name: "Ada", organizations: { [organization]: "admin" } });
      github.addPerson({ login: DEMO_PEOPLE.member, name: "Milo", organizations: { [organization]: "member" } });
      for (const { name, mishap } of DEMO_JOBS) {
        const queued = { on: "delivery", event: "workflow_job", action: "queued", job: name, times: 1 } as const;
        if (mishap === "delivered-twice") github.misbehave({ ...queued, do: "duplicate" });
        if (mishap === "delivery-lost") github.misbehave({ ...queued, do: "lose" });
      }
      const { jobIds } = github.queueWorkflow(demoWorkflow());
      const cancelled = jobIds[DEMO_JOBS.findIndex(({ mishap }) => mishap === "cancelled-before-its-runner")];
      onProgress.push(({ jobId, step }) => {
        if (step === "published" && jobId === cancelled) github.cancelJob(jobId);
      });

      const deadline = Date.now() + limitMs;
      let faults = demoFaults(await look(jobIds));
      while (faults.length > 0 && Date.now() < deadline && !signal.aborted) {
        await delay(LOOK_MS);
        faults = demoFaults(await look(jobIds));
      }
      return faults;
    },
    async close() {
      try {
        await plane.close();
      } finally {
        await github.close();
      }
    },
  };
}
