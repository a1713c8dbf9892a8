import type { AddressInfo } from "node:net";
import { serve } from "@hono/node-server";
import { createAdminApp } from "../../../app/admin/create-admin-app.ts";
import type { AdminWorld } from "../../../app/admin/admin-world.ts";
import { aBusyDay } from "../../support/admin/a-busy-day.ts";
import { anAdminWorld, type AnAdminWorld } from "../../support/admin/an-admin-world.ts";
import { aPolicy } from "../../support/test-profiles.ts";
import type { Watched } from "./launch-chromium.ts";

export interface Pages {
  readonly origin: string;
  readonly here: AnAdminWorld;
  /** The installation on `acme`, which `ada` administers. */
  readonly acme: string;
  /** Fills the world with an installation's day. */
  showBusyDay(): void;
  /** As a person does it: the pages' button, then a click on who one is at GitHub. */
  signIn(tab: Watched, login: string): Promise<void>;
  close(): Promise<void>;
}

const NAMED_GPU = { name: "gpu", publicRepositories: true, repositories: ["acme/research"], target: "ec2-x64" } as const;

/** The admin pages on 127.0.0.1, before the simulated GitHub, with everything else in memory. */
export async function startPages(overrides: Partial<AdminWorld> = {}): Promise<Pages> {
  const here = await anAdminWorld({
    profiles: aPolicy(NAMED_GPU),
    links: {
      taskUrl: ({ arn }) => `https://console.aws.amazon.com/ecs/v2/clusters/baton/tasks/${arn.split("/").at(-1)}`,
      logsUrl: (runner) => `https://console.aws.amazon.com/cloudwatch/home#logsV2:log-groups/log-group/baton/log-events/${runner}`,
    },
    ...overrides,
  });
  const app = createAdminApp(here.world);
  const server = await new Promise<ReturnType<typeof serve>>((resolve) => {
    const started = serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" }, () => resolve(started));
  });
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  here.simulated.github.setCallbackUrls([`${origin}/sign-in/callback`]);
  const acme = String(here.simulated.installationId);
  // Without it nothing can be asked for.
  here.simulated.github.changeInstallation(here.simulated.installationId, { permissions: { organization_self_hosted_runners: "write", actions: "read", metadata: "read", members: "read" } });

  return {
    origin,
    here,
    acme,
    showBusyDay() {
      const day = aBusyDay(acme, here.world.clock());
      for (const record of day.records) here.store.put(record);
      here.sightings = day.sightings;
      here.usage = day.usage;
      here.tasks = day.tasks;
    },
    async signIn({ page }, login) {
      await page.goto(`${origin}/sign-in`);
      await page.getByRole("link", { name: "Sign in with GitHub" }).click();
      await page.getByRole("button", { name: login }).click();
      await page.waitForURL(`${origin}/`);
    },
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      // Browsers keep connections for later.
      if ("closeAllConnections" in server) server.closeAllConnections();
      await closed;
      await here.close();
    },
  };
}
