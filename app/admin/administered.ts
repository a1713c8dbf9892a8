import { HTTPException } from "hono/http-exception";
import type { InstallationFacts } from "../core/github-facts.ts";
import type { JobRecord } from "../core/job-record.ts";
import type { AdminWorld } from "./admin-world.ts";
import type { Session } from "./session.ts";

/** What a person may see: the installations that GitHub lets them administer, and what belongs to those. */
export interface Administered {
  all(session: Session): Promise<readonly InstallationFacts[]>;
  /** Fails with a 404 where the person may not see it, or it does not exist. */
  one(session: Session, installationId: string): Promise<InstallationFacts>;
  /** The same for a job of such an installation. */
  job(session: Session, jobId: string): Promise<{ readonly job: JobRecord; readonly installation: InstallationFacts }>;
}

export function createAdministered(world: Pick<AdminWorld, "readerFor" | "store">): Administered {
  const all = async (session: Session): Promise<readonly InstallationFacts[]> => {
    const look = await world.readerFor(session).installations();
    return look.kind === "seen" ? look.value : [];
  };
  const one = async (session: Session, installationId: string): Promise<InstallationFacts> => {
    const installation = (await all(session)).find(({ id }) => id === installationId);
    if (!installation) throw new HTTPException(404);
    return installation;
  };
  return {
    all,
    one,
    async job(session, jobId) {
      const job = /^\d{1,20}$/.test(jobId) ? await world.store.get(jobId) : null;
      if (job?.installationId == null) throw new HTTPException(404);
      return { job, installation: await one(session, job.installationId) };
    },
  };
}
