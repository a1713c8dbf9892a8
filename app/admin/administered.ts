import type { InstallationFacts } from "../core/facts-at-github.ts";
import type { JobRecord } from "../core/job-record.ts";
import type { AdminWorld } from "./admin-world.ts";
import { githubSilent, notFound, SignInNeeded } from "./page-problem.ts";
import type { Session } from "./session.ts";

/** What a person may see: the installations that GitHub lets them administer, and what belongs to those. */
export interface Administered {
  /** Fails with `SignInNeeded` when GitHub no longer takes their token, and with a 502 when it does not answer. */
  all(session: Session): Promise<readonly InstallationFacts[]>;
  /** What is kept for a session goes with it. */
  forget(session: Session): void;
  /** Fails with a 404 where the person may not see it, or it does not exist. */
  one(session: Session, installationId: string): Promise<InstallationFacts>;
  /** The same for one that may be so new that a moment ago it was not there. */
  fresh(session: Session, installationId: string): Promise<InstallationFacts>;
  /** The same for a job of such an installation. */
  job(session: Session, jobId: string): Promise<{ readonly job: JobRecord; readonly installation: InstallationFacts }>;
}

/** For so long a person sees what GitHub no longer lets them administer. */
const FRESH_MS = 60_000;
const SESSIONS_KEPT = 1_000;

export function createAdministered(world: Pick<AdminWorld, "readerFor" | "store" | "clock" | "log">): Administered {
  const kept = new Map<string, { readonly installations: Promise<readonly InstallationFacts[]>; readonly until: number }>();

  /** Asked once by concurrent requests; failures are not kept. */
  const all = async (session: Session): Promise<readonly InstallationFacts[]> => {
    const known = kept.get(session.csrf);
    if (known && world.clock() < known.until) return known.installations;
    const entry = { installations: ask(session), until: world.clock() + FRESH_MS };
    kept.delete(session.csrf);
    kept.set(session.csrf, entry);
    if (kept.size > SESSIONS_KEPT) kept.delete(kept.keys().next().value ?? "");
    entry.installations.catch(() => {
      if (kept.get(session.csrf) === entry) kept.delete(session.csrf);
    });
    return entry.installations;
  };

  const ask = async (session: Session): Promise<readonly InstallationFacts[]> => {
    const reader = world.readerFor(session);
    const look = await reader.installations();
    if (look.kind === "seen") return look.value;
    if (reader.refused()) throw new SignInNeeded(true);
    world.log.warn({ login: session.login, err: look.kind === "failed" ? look.message : "refused" }, "installations not read at GitHub");
    throw githubSilent();
  };

  const one = async (session: Session, installationId: string): Promise<InstallationFacts> => {
    const installation = (await all(session)).find(({ id }) => id === installationId);
    if (!installation) throw notFound();
    return installation;
  };

  return {
    all,
    one,
    forget: ({ csrf }) => void kept.delete(csrf),
    async fresh(session, installationId) {
      if (!(await all(session)).some(({ id }) => id === installationId)) kept.delete(session.csrf);
      return one(session, installationId);
    },
    async job(session, jobId) {
      const installations = await all(session);
      const job = installations.length > 0 && /^\d{1,20}$/.test(jobId) ? await world.store.get(jobId) : null;
      const installation = installations.find(({ id }) => id === job?.installationId);
      if (!job || !installation) throw notFound();
      return { job, installation };
    },
  };
}
