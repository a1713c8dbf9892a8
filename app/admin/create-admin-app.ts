import { Hono, type Context } from "hono";
import { etag } from "hono/etag";
import type { Markup } from "../pages/layout.ts";
import { script, style } from "./assets.ts";
import type { AdminWorld } from "./admin-world.ts";
import { createAdministered } from "./administered.ts";
import type { PageFrame } from "./page-frame.ts";
import { installationLive, installationPage } from "./pages/installation-page.ts";
import { installationsLive, installationsPage } from "./pages/installations-page.ts";
import { installedPage } from "./pages/installed-page.ts";
import { jobLive, jobPage } from "./pages/job-page.ts";
import { jobsPage } from "./pages/jobs-page.ts";
import { messagePage } from "./pages/message-page.ts";
import { signInPage } from "./pages/sign-in-page.ts";
import { whyPage } from "./pages/why-page.ts";
import { createRequestDesk } from "./request-desk.ts";
import type { Session } from "./session.ts";
import { installationView } from "./views/installation-view.ts";
import { installationsView } from "./views/installations-view.ts";
import { installedView } from "./views/installed-view.ts";
import { jobView } from "./views/job-view.ts";
import { jobsView } from "./views/jobs-view.ts";
import { whyView } from "./views/why-view.ts";

interface AdminEnv {
  Variables: { session: Session };
}

/**
 * The admin pages, every route on one screen: view (gathers by the ports) → page (markup). Who may see what is asked anew on every request, of
 * GitHub, as that person; what they may not see is answered like what does not exist.
 */
export function createAdminApp(world: AdminWorld): Hono<AdminEnv> {
  const app = new Hono<AdminEnv>();
  const administered = createAdministered(world);
  const desk = createRequestDesk(world);

  const frame = (context: Context<AdminEnv>): PageFrame => {
    const session = context.get("session") as Session | undefined;
    return {
      person: session ? { login: session.login, name: session.name } : null,
      csrf: session?.csrf ?? "",
      deployment: world.deployment,
      styleUrl: style.path,
      scriptUrl: script.path,
    };
  };
  const page = async (context: Context<AdminEnv>, markup: Markup) => context.html(await markup);

  for (const { path, type, text } of [style, script]) {
    app.get(path, (context) => context.body(text, 200, { "content-type": type, "cache-control": "public, max-age=31536000, immutable" }));
  }
  app.get("/sign-in", (context) => page(context, signInPage(frame(context), { href: "/sign-in/github", notice: "" })));

  app.get("/", async (context) => {
    const session = context.get("session");
    return page(context, installationsPage(frame(context), await installationsView(world, session, await administered.all(session))));
  });
  app.get("/live", etag(), async (context) => {
    const session = context.get("session");
    return page(context, installationsLive(await installationsView(world, session, await administered.all(session))));
  });

  app.get("/installations/:id", async (context) => {
    const session = context.get("session");
    const installation = await administered.one(session, context.req.param("id"));
    const asked = await desk.find(context.req.query("asked"), installation.id);
    return page(context, installationPage(frame(context), await installationView(world, session, installation, asked)));
  });
  app.get("/installations/:id/live", etag(), async (context) => {
    const session = context.get("session");
    const installation = await administered.one(session, context.req.param("id"));
    const asked = await desk.find(context.req.query("asked"), installation.id);
    return page(context, installationLive(await installationView(world, session, installation, asked)));
  });
  app.get("/installations/:id/jobs", async (context) => {
    const session = context.get("session");
    const installation = await administered.one(session, context.req.param("id"));
    const which = context.req.query("which") === "ended" ? "ended" : "open";
    return page(context, jobsPage(frame(context), await jobsView(world, session, installation, which, context.req.query("from") ?? null)));
  });
  // GitHub brings whoever has installed the App here.
  app.get("/installed", async (context) => {
    const session = context.get("session");
    const installation = await administered.one(session, context.req.query("installation_id") ?? "");
    return page(context, installedPage(frame(context), await installedView(world, session, installation)));
  });

  app.get("/jobs/:id", async (context) => {
    const session = context.get("session");
    const { job, installation } = await administered.job(session, context.req.param("id"));
    const asked = await desk.find(context.req.query("asked"), installation.id);
    return page(context, jobPage(frame(context), await jobView(world, session, installation, job, asked)));
  });
  app.get("/jobs/:id/live", etag(), async (context) => {
    const session = context.get("session");
    const { job, installation } = await administered.job(session, context.req.param("id"));
    const asked = await desk.find(context.req.query("asked"), installation.id);
    return page(context, jobLive(await jobView(world, session, installation, job, asked)));
  });
  app.get("/why", async (context) => {
    const session = context.get("session");
    return page(context, whyPage(frame(context), await whyView(world, session, await administered.all(session), context.req.query("url") ?? "")));
  });

  // What a person wants changed is written down for the reconciler, which checks it and carries it out.
  app.post("/jobs/:id/launch-again", async (context) => {
    const session = context.get("session");
    const { job, installation } = await administered.job(session, context.req.param("id"));
    const id = await desk.ask(session, installation.id, { kind: "launch-again", jobId: job.jobId });
    return context.redirect(`/jobs/${job.jobId}?asked=${id}`, 303);
  });
  app.post("/jobs/:id/stop", async (context) => {
    const session = context.get("session");
    const { job, installation } = await administered.job(session, context.req.param("id"));
    const id = await desk.ask(session, installation.id, { kind: "stop", jobId: job.jobId });
    return context.redirect(`/jobs/${job.jobId}?asked=${id}`, 303);
  });
  app.post("/installations/:id/deliveries/:deliveryId/redeliver", async (context) => {
    const session = context.get("session");
    const installation = await administered.one(session, context.req.param("id"));
    const delivery = await desk.delivery(installation.id, context.req.param("deliveryId"));
    const id = await desk.ask(session, installation.id, { kind: "redeliver", deliveryId: delivery.id, guid: delivery.guid });
    return context.redirect(`/installations/${installation.id}?asked=${id}`, 303);
  });

  app.notFound((context) => {
    const message = { title: "Not found", text: "There is nothing here, or nothing that you may see.", advice: "", link: { href: "/", text: "Your installations" } };
    context.status(404);
    return page(context, messagePage(frame(context), message));
  });
  return app;
}
