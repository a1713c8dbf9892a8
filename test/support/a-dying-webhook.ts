import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createAppOctokit } from "../../app/github/app-octokit.ts";
import { createCredentialMinter } from "../../app/github/credential-minter.ts";
import { createKeepAliveFetch } from "../../app/keep-alive-fetch.ts";
import { createReceiver } from "../../app/github/receiver.ts";
import { createWebhookGate } from "../../app/github/webhook-gate.ts";
import { createWebhookListener } from "../../app/github/webhook-listener.ts";
import { createInstallationHandler } from "../../app/handle-installation.ts";
import { createWorkflowJobHandler } from "../../app/handle-workflow-job.ts";
import type { Launchpad } from "../../app/launch-job.ts";
import { createPlainSealer } from "../../app/local/plain-sealer.ts";
import type { EventPublisher } from "../../app/ports.ts";
import type { LocalBaton } from "./a-local-baton.ts";
import { aPolicy, type ProfileInput } from "./test-profiles.ts";
import { createRecordingMintQuota } from "./recording-mint-quota.ts";

export type Step = "create" | "mint" | "seal" | "publish" | "replace";

export interface DyingWebhook {
  readonly url: string;
  /** Resolves when it has come as far as it will. */
  readonly died: Promise<void>;
  /** GitHub finds its connection closed. */
  bury(): Promise<void>;
}

/**
 * A webhook process beside the control plane, over the same table, bus and GitHub, that dies at a step: from there on none of its code runs,
 * neither what follows nor what would catch an error.
 */
export async function aDyingWebhook(local: LocalBaton, death: { readonly step: Step; readonly when: "before" | "after" }, profiles: readonly ProfileInput[]): Promise<DyingWebhook> {
  const { github, plane, app, log } = local;
  const { promise: died, resolve: die } = Promise.withResolvers<void>();
  const mortal =
    <Arguments extends readonly unknown[], Result>(step: Step, act: (...given: Arguments) => Promise<Result>) =>
    async (...given: Arguments): Promise<Result> => {
      if (step !== death.step) return act(...given);
      if (death.when === "after") await act(...given);
      die();
      return new Promise<never>(() => {});
    };

  const clock = Date.now;
  const policy = aPolicy(...profiles);
  const credentials = async () => ({ appId: String(app.appId), privateKey: app.privateKey });
  const fetch = createKeepAliveFetch();
  const minter = createCredentialMinter({ octokit: createAppOctokit({ credentials, apiUrl: github.apiUrl, fetch, clock, log }), clock });
  const sealer = createPlainSealer();
  const publisher = onTheBus(local);
  const pad: Launchpad = {
    store: { ...plane.store, create: mortal("create", plane.store.create), replace: mortal("replace", plane.store.replace) },
    minter: { mint: mortal("mint", minter.mint) },
    mintQuota: createRecordingMintQuota(),
    sealer: { seal: mortal("seal", sealer.seal) },
    publisher: { publish: mortal("publish", publisher.publish) },
    profiles: policy,
    runnerNamePrefix: "baton",
    clock,
    report: () => {},
  };
  const gate = createWebhookGate({ secrets: async () => ({ current: app.webhookSecret }), log, clock });
  const receive = createReceiver({
    credentials,
    apiUrl: github.apiUrl,
    log,
    clock,
    fetch,
    handleWorkflowJob: createWorkflowJobHandler(pad, { ...policy, webOrigin: github.origin }),
    handleInstallation: createInstallationHandler(pad),
  });
  const server = createServer(createWebhookListener({ gate, receive, log }));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/github/webhooks`,
    died,
    bury: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function onTheBus({ plane }: LocalBaton): EventPublisher {
  return {
    async publish({ source, detailType, detail }) {
      await plane.bus.putEvents([{ Source: source, DetailType: detailType, Detail: JSON.stringify(detail), EventBusName: plane.bus.name }]);
    },
  };
}
