import { randomUUID, type KeyObject } from "node:crypto";
import { EventEmitter } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createJitKey } from "./create-jit-key.ts";
import { driveSimulator } from "./drive-simulator.ts";
import type { GithubSimulator, GithubSimulatorEvents, GithubSimulatorOptions } from "./github-simulator.ts";
import { actionsRoutes } from "./http/actions-routes.ts";
import { createAnswerRequest } from "./http/answer-request.ts";
import { readPublicKey } from "./http/app-jwt-check.ts";
import { appRoutes } from "./http/app-routes.ts";
import { controlRoutes } from "./http/control-routes.ts";
import { hookRoutes } from "./http/hook-routes.ts";
import { installationPages } from "./http/installation-pages.ts";
import { manifestRoutes } from "./http/manifest-routes.ts";
import { metaRoutes } from "./http/meta-routes.ts";
import { createPollForJob, createRunnerNews } from "./http/poll-for-job.ts";
import { createRequestListener } from "./http/request-listener.ts";
import { createRouteTable } from "./http/route.ts";
import { oauthRoutes } from "./http/oauth-routes.ts";
import { runnerRoutes } from "./http/runner-routes.ts";
import { runnerServiceRoutes } from "./http/runner-service-routes.ts";
import { deliverySnapshot, jobSnapshot, runnerSnapshot } from "./snapshots.ts";
import { userRoutes } from "./http/user-routes.ts";
import { workflowPages } from "./http/workflow-pages.ts";
import { workflowRoutes } from "./http/workflow-routes.ts";
import { createStateKeeper } from "./state-keeper.ts";
import { createSimulatorState } from "./state/create-simulator-state.ts";
import type { Effect } from "./state/simulator-state.ts";
import { createWebhookSender } from "./webhook-sender.ts";

/** As long as GitHub holds an agent's poll. */
const POLL_MS = 50_000;
/** How late something that time alone brings about may be. */
const TICK_MS = 200;

/** Listens on 127.0.0.1; rejects when the port is taken. */
export async function startGithubSimulator(options: GithubSimulatorOptions): Promise<GithubSimulator> {
  const { port = 0, app, webhookUrl, now = Date.now, log = () => undefined, seed = randomUUID(), times = {}, limits = {} } = options;
  const { poll = POLL_MS, webhookLimit, ...stateTimes } = times;
  let appKey: KeyObject = readPublicKey(app.publicKeyPem);

  const server = createServer();
  // Agents hold polls for long; a demo's laptop sleeps.
  server.requestTimeout = 0;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const state = createSimulatorState({
    origin,
    app: { id: app.id, clientId: app.clientId ?? `Iv23li${app.id}`, clientSecret: app.clientSecret ?? randomUUID().replaceAll("-", ""), callbackUrls: app.callbackUrls ?? [], slug: "baton", name: "Baton", createdAt: now() },
    webhookSecret: app.webhookSecret,
    webhookUrl: webhookUrl ?? null,
    seed,
    times: stateTimes,
    limits,
  });
  const events = new EventEmitter<GithubSimulatorEvents>();
  const news = createRunnerNews();
  const keeper = createStateKeeper(state, now, tell);
  const sender = createWebhookSender({
    keeper,
    now,
    ...(webhookLimit === undefined ? {} : { limitMs: webhookLimit }),
    onDelivery(record) {
      const delivery = deliverySnapshot(record);
      log(`delivery ${delivery.event}.${delivery.action ?? ""} ${delivery.jobName ?? ""}: ${delivery.status}`);
      events.emit("delivery", delivery);
    },
    onSwallowed: ({ event, action, jobName }) => log(`delivery ${event}.${action ?? ""} ${jobName ?? ""}: left out`),
  });
  const findRoute = createRouteTable([
    ...runnerServiceRoutes(keeper, createPollForJob(keeper, news, poll)),
    ...runnerRoutes(keeper, createJitKey()),
    ...actionsRoutes(keeper),
    ...workflowRoutes(keeper),
    ...appRoutes(keeper),
    ...hookRoutes(keeper, sender),
    ...oauthRoutes(keeper),
    ...userRoutes(keeper),
    ...metaRoutes(keeper, options.runnerVersion ?? "2.336.0"),
    ...manifestRoutes(keeper, (key) => {
      appKey = key;
    }),
    ...installationPages(keeper),
    ...workflowPages(keeper),
    ...controlRoutes(keeper, sender),
  ]);
  const answerRequest = createAnswerRequest({ keeper, findRoute, appKey: () => appKey, now });
  server.on(
    "request",
    createRequestListener({
      keeper,
      now,
      answerRequest,
      onRequest(record) {
        if (record.misbehaviour !== null) log(`${record.method} ${record.path}: ${record.misbehaviour}`);
        events.emit("request", record);
      },
    }),
  );
  const ticking = setInterval(() => keeper.change(() => undefined), TICK_MS).unref();

  return {
    ...driveSimulator(keeper, sender),
    setAppKey(publicKeyPem) {
      appKey = readPublicKey(publicKeyPem);
    },
    on: (event, listener) => void events.on(event, listener as never),
    off: (event, listener) => void events.off(event, listener as never),
    async close() {
      clearInterval(ticking);
      sender.close();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };

  function tell(effect: Effect): void {
    const at = now();
    if (effect.kind === "webhook") sender.send(effect.webhook);
    else if (effect.kind === "job") events.emit("job", { change: effect.change, at, job: jobSnapshot(state, effect.job) });
    else {
      news.tell(effect.runner);
      events.emit("runner", { change: effect.change, at, runner: runnerSnapshot(effect.runner) });
    }
  }
}
