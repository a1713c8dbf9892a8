import { Hono, type Context } from "hono";
import { etag } from "hono/etag";
import { createMiddleware } from "hono/factory";
import { methodNotAllowed } from "hono/method-not-allowed";
import { FIGURES } from "../core/figures.ts";
import type { Markup } from "../pages/layout.ts";
import { PortError } from "../ports.ts";
import { VERSION } from "../version.ts";
import { script, style } from "./assets.ts";
import type { AdminWorld } from "./admin-world.ts";
import { createAdministered } from "./administered.ts";
import type { PageFrame } from "./page-frame.ts";
import { installationLive, installationPage } from "./pages/installation-page.ts";
import { installationsLive, installationsPage } from "./pages/installations-page.ts";
import { installedLive, installedPage } from "./pages/installed-page.ts";
import { jobLive, jobPage } from "./pages/job-page.ts";
import { jobsPage } from "./pages/jobs-page.ts";
import { messagePage, type Message } from "./pages/message-page.ts";
import { signInPage } from "./pages/sign-in-page.ts";
import { whyPage } from "./pages/why-page.ts";
import { failed, notFound, PageProblem, SignInNeeded, unavailable } from "./page-problem.ts";
import { createProtection } from "./protect.ts";
import { createRequestDesk } from "./request-desk.ts";
import type { Session } from "./session.ts";
import { createSignIn, type SignedIn } from "./sign-in/create-sign-in.ts";
import { localPath } from "./sign-in/local-path.ts";
import { installationLiveView, installationView } from "./views/installation-view.ts";
import { installationsView } from "./views/installations-view.ts";
import { installedLiveView, installedView } from "./views/installed-view.ts";
import { jobView } from "./views/job-view.ts";
import { jobsView } from "./views/jobs-view.ts";
import { whyView } from "./views/why-view.ts";

const INSTALLATION_ASKED: Message = {
  title: "An owner has been asked",
  text: "Only an owner of an organization can install an App there: GitHub has told the owners that you would like it.",
  advice: "Once one of them has agreed at GitHub, Baton takes the organization's jobs. There is nothing to do here until then.",
  link: null,
};

interface AdminEnv {
  Variables: { session?: Session };
}

/**
 * The admin pages, every route on one screen: view (gathers by the ports) → page (markup). Who may see what is asked of GitHub, as that person, on
 * every request; what they may not see is answered like what does not exist. Only on routes with `person` or `form` a handler has a session.
 */
export function createAdminApp(world: AdminWorld): Hono<AdminEnv> {
  const app = new Hono<AdminEnv>();
  const protection = createProtection(world);
  const signIn = createSignIn(world);
  const administered = createAdministered(world);
  const desk = createRequestDesk(world);
  const person = createMiddleware<SignedIn>((context, next) => signIn.signedIn(context, async () => void (await protection.paceSession(context, next))));
  const form = createMiddleware<SignedIn>((context, next) => person(context, async () => void (await protection.form(context, next))));

  const page = async (context: Context, markup: Markup) => context.html(await markup);
  const frame = (session: Session | null): PageFrame => ({
    person: session && { login: session.login, name: session.name },
    csrf: session?.csrf ?? "",
    deployment: world.deployment,
    version: VERSION,
    styleUrl: style.path,
    scriptUrl: script.path,
  });

  app.use(protection.headers, protection.pace, methodNotAllowed({ app }));
  for (const { path, type, text } of [style, script]) {
    app.get(path, (context) => context.body(text, 200, { "content-type": type, "cache-control": "public, max-age=31536000, immutable" }));
  }

  app.get("/sign-in", (context) => {
    const href = `/sign-in/github?${new URLSearchParams({ to: localPath(context.req.query("to")) })}`;
    return page(context, signInPage(frame(null), { href, notice: context.req.query("ended") === undefined ? "" : "Your session has ended." }));
  });
  app.get("/sign-in/github", protection.paceSignIn, (context) => signIn.begin(context));
  app.get("/sign-in/callback", protection.paceSignIn, (context) => signIn.complete(context));
  app.post("/sign-out", form, (context) => {
    administered.forget(context.get("session"));
    return signIn.end(context);
  });

  app.get("/", person, async (context) => {
    const session = context.get("session");
    return page(context, installationsPage(frame(session), await installationsView(world, session, await administered.all(session))));
  });
  app.get("/live", person, etag(), async (context) => {
    const session = context.get("session");
    return page(context, installationsLive(await installationsView(world, session, await administered.all(session))));
  });

  app.get("/installations/:id", person, async (context) => {
    const session = context.get("session");
    const installation = await administered.one(session, context.req.param("id"));
    const asked = await desk.find(context.req.query("asked"), installation.id);
    return page(context, installationPage(frame(session), await installationView(world, session, installation, asked)));
  });
  app.get("/installations/:id/live", person, etag(), async (context) => {
    const session = context.get("session");
    const installation = await administered.one(session, context.req.param("id"));
    const asked = await desk.find(context.req.query("asked"), installation.id);
    return page(context, installationLive(frame(session), await installationLiveView(world, installation, asked)));
  });
  app.get("/installations/:id/jobs", person, async (context) => {
    const session = context.get("session");
    const installation = await administered.one(session, context.req.param("id"));
    const which = context.req.query("which") === "ended" ? "ended" : "open";
    return page(context, jobsPage(frame(session), await jobsView(world, session, installation, which, context.req.query("from") ?? null)));
  });
  // GitHub brings whoever has installed the App here, and whoever could only ask an owner to.
  app.get("/installed", person, async (context) => {
    const session = context.get("session");
    if (context.req.query("setup_action") === "request") return page(context, messagePage(frame(session), INSTALLATION_ASKED));
    const installation = await administered.fresh(session, context.req.query("installation_id") ?? "");
    const { setup_action: action, repository, profile } = context.req.query();
    return page(context, installedPage(frame(session), await installedView(world, session, installation, { action, repository, profile })));
  });
  app.get("/installed/live", person, etag(), async (context) => {
    const session = context.get("session");
    const installation = await administered.one(session, context.req.query("installation_id") ?? "");
    return page(context, installedLive(await installedLiveView(world, session, installation)));
  });

  app.get("/jobs/:id", person, async (context) => {
    const session = context.get("session");
    const { job, installation } = await administered.job(session, context.req.param("id"));
    const asked = await desk.find(context.req.query("asked"), installation.id);
    return page(context, jobPage(frame(session), await jobView(world, session, installation, job, asked)));
  });
  app.get("/jobs/:id/live", person, etag(), async (context) => {
    const session = context.get("session");
    const { job, installation } = await administered.job(session, context.req.param("id"));
    const asked = await desk.find(context.req.query("asked"), installation.id);
    return page(context, jobLive(frame(session), await jobView(world, session, installation, job, asked)));
  });
  app.get("/why", person, async (context) => {
    const session = context.get("session");
    return page(context, whyPage(frame(session), await whyView(world, session, await administered.all(session), context.req.query("url") ?? "")));
  });

  // What a person wants changed is written down for the reconciler, which checks it and carries it out.
  app.post("/jobs/:id/launch-again", form, async (context) => {
    const session = context.get("session");
    const { job, installation } = await administered.job(session, context.req.param("id"));
    const id = await desk.ask(session, installation.id, { kind: "launch-again", jobId: job.jobId });
    return context.redirect(`/jobs/${job.jobId}?asked=${id}`, 303);
  });
  app.post("/jobs/:id/stop", form, async (context) => {
    const session = context.get("session");
    const { job, installation } = await administered.job(session, context.req.param("id"));
    const id = await desk.ask(session, installation.id, { kind: "stop", jobId: job.jobId });
    return context.redirect(`/jobs/${job.jobId}?asked=${id}`, 303);
  });
  app.post("/installations/:id/deliveries/:deliveryId/redeliver", form, async (context) => {
    const session = context.get("session");
    const installation = await administered.one(session, context.req.param("id"));
    const delivery = await desk.delivery(installation.id, context.req.param("deliveryId"));
    const id = await desk.ask(session, installation.id, { kind: "redeliver", deliveryId: delivery.id, guid: delivery.guid });
    return context.redirect(`/installations/${installation.id}?asked=${id}`, 303);
  });

  const problemPage = (context: Context<AdminEnv>, { status, page: message, headers }: PageProblem) => {
    context.status(status);
    for (const [name, value] of Object.entries(headers)) context.header(name, value);
    return page(context, messagePage(frame(context.get("session") ?? null), message));
  };
  app.notFound((context) => problemPage(context, notFound()));
  app.onError((error, context) => {
    if (error instanceof SignInNeeded) return signIn.away(context, error);
    if (error instanceof PageProblem) return problemPage(context, error);
    world.putMetrics({ [FIGURES.pagesFailed]: 1 });
    world.log.error({ method: context.req.method, path: context.req.routePath, error: `${error.name}: ${error.message}`, stack: error.stack }, "page failed");
    return problemPage(context, error instanceof PortError ? unavailable() : failed());
  });
  return app;
}
