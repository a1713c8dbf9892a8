import { OperatorError } from "../aws-trouble.ts";
import type { Terminal } from "../terminal.ts";
import type { AppKeeper } from "./app-keeper.ts";
import { completeApp, finishApp, keysFor } from "./complete-app.ts";
import { findExistingApp, oauthClient, type ExistingAppFields } from "./existing-app.ts";
import { installUrl, type AppFacts } from "./github-app.ts";
import { settingsAdvice } from "./settings-advice.ts";
import { startSetupServer } from "./setup-server.ts";
import { createSetupSession, type SetupOutcome, type SetupSessionOptions } from "./setup-session.ts";

export interface SetupRun extends SetupSessionOptions {
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
  /** Of the page; 0 takes a free one. */
  readonly port: number;
  /** Shows the page to the person; `null` where there is no browser. */
  readonly openBrowser: ((url: string) => Promise<unknown>) | null;
  /** Goes by an App that is kept already. */
  readonly replace: boolean;
  /** An App to connect without the page. */
  readonly existing: ExistingAppFields | null;
  /** For signing in by an App that is kept already; `null` leaves that as it is. */
  readonly clientSecret: string | null;
  /** Where its events go: what the stack says, or the relay of `.env`. */
  readonly knownWebhookUrl: string | null;
}

/** GitHub docs: a code lives an hour. Nobody comes back after that. */
const PATIENCE_MS = 60 * 60_000;

/** Ends with an App that is kept and hooked up, or fails with `OperatorError` that says what is left to do. */
export async function runSetup(run: SetupRun): Promise<SetupOutcome> {
  const { terminal, place } = run;
  const kept = run.replace ? null : await currentApp(run.keeperFor(run.knownWebhookUrl));
  if (!kept && !run.existing && run.clientSecret !== null) throw new OperatorError(`${capital(place.place)} has no App yet that the client secret could be of. Give --app-id and --private-key-file with it, or leave it out: an App that setup creates brings its own.`);
  const outcome = kept ? await finish(run, kept) : run.existing ? await connect(run, run.existing) : await throughThePage(run);
  const { facts } = outcome;
  terminal.say();
  for (const step of outcome.steps) terminal.say(`${terminal.colors.green("✓")} ${step}`);
  if (!outcome.isNew) for (const line of settingsAdvice(run, facts)) terminal.say(line);
  terminal.say();
  for (const line of run.next.beforeInstall) terminal.say(`First: ${line}`);
  terminal.say(`Install it on your organization: ${installUrl(facts)}`);
  for (const line of run.next.afterInstall) terminal.say(`Then: ${line}`);
  if (kept) terminal.say(`\n${capital(place.place)} had this App already; nothing else of it was changed. To set up another: --replace`);
  return outcome;
}

async function currentApp(keeper: AppKeeper) {
  return keeper.current();
}

async function finish(run: SetupRun, keys: NonNullable<Awaited<ReturnType<AppKeeper["current"]>>>): Promise<SetupOutcome> {
  const steps: string[] = [];
  const completion = { github: run.github, keeper: run.keeperFor(run.knownWebhookUrl), webhookUrl: run.knownWebhookUrl, done: (step: string) => void steps.push(step) };
  const facts = await finishApp(keys, completion);
  const oauth = run.clientSecret === null ? null : oauthClient(facts, run.clientSecret);
  if (oauth) {
    await completion.keeper.keep(keys.withOAuth(oauth));
    completion.done(`OAuth client written to ${completion.keeper.place}`);
  }
  return { appId: keys.appId, facts, steps, isNew: false };
}

async function connect(run: SetupRun, app: NonNullable<SetupRun["existing"]>): Promise<SetupOutcome> {
  const existing = await findExistingApp(run.github, app);
  const { facts } = existing;
  const steps = [`GitHub knows the key of ${facts.name}`];
  await completeApp(keysFor(existing, existing.oauth), { github: run.github, keeper: run.keeperFor(run.knownWebhookUrl), webhookUrl: run.knownWebhookUrl, done: (step) => steps.push(step) });
  return { appId: existing.appId, facts, steps, isNew: false };
}

async function throughThePage(run: SetupRun): Promise<SetupOutcome> {
  const { terminal, signal, place } = run;
  const session = createSetupSession(run);
  const server = await startSetupServer({ session, port: run.port, githubOrigin: run.webOrigin, aside: `setup for ${place.place}` });
  try {
    terminal.say(`Setting up the GitHub App for ${place.place}. Open this address in a browser on this machine; it works once:\n`);
    terminal.say(`  ${terminal.colors.bold(server.url)}\n`);
    terminal.say("On a machine without a browser: choose a port by --port, forward it by ssh -L PORT:127.0.0.1:PORT, and open the address at home.");
    terminal.say("Waiting for you and GitHub. Ctrl-C ends it; nothing is changed before GitHub has created the App.");
    await run.openBrowser?.(server.url).catch(() => terminal.say("No browser could be opened here; the address above is all it takes."));
    return await Promise.race([server.done, ended(signal, PATIENCE_MS)]);
  } catch (error) {
    const orphan = session.unkept();
    throw orphan ? orphaned(orphan, place.place) : error;
  } finally {
    await server.close();
  }
}

function ended(signal: AbortSignal, patienceMs: number): Promise<never> {
  return new Promise((_, reject) => {
    const stop = (message: string) => {
      clearTimeout(timer);
      signal.removeEventListener("abort", interrupted);
      reject(new OperatorError(message));
    };
    const interrupted = () => stop("Setup was ended before there was an App. Nothing was changed.");
    const timer = setTimeout(() => stop("Nobody came for an hour. Nothing was changed; run setup again."), patienceMs);
    timer.unref();
    if (signal.aborted) interrupted();
    else signal.addEventListener("abort", interrupted, { once: true });
  });
}

/** GitHub has an App whose only key was in this process. */
function orphaned(app: Pick<AppFacts, "name" | "htmlUrl"> & { readonly appId: number }, place: string): OperatorError {
  return new OperatorError(`The App ${app.name} (${app.appId}) was created, but its key did not get to ${place}.
Either make it a new key on its settings page (from ${app.htmlUrl}, "App settings", "Generate a private key") and connect it:
  npm run setup -- … --app-id ${app.appId} --private-key-file FILE.pem
or delete it there and run setup again.`);
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
