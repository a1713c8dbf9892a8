import { readFileSync } from "node:fs";
import { firstWorkflow } from "../../core/first-workflow.ts";
import type { InstallationFacts, RepositoryFacts } from "../../core/facts-at-github.ts";
import type { HealthCheck } from "../../core/health.ts";
import type { JobSummary } from "../../core/job-summary.ts";
import { seenOrNull, type Look } from "../../core/look.ts";
import { admitsRepository, type RunnerProfile } from "../../core/runner-profiles.ts";
import { runsOn } from "../../core/runs-on.ts";
import { usableProfiles } from "../../core/usable-profiles.ts";
import type { AdminWorld } from "../admin-world.ts";
import type { Session } from "../session.ts";
import { installationHealth } from "./installation-health.ts";
import { lookAlong, lookWithin } from "../../looks.ts";

// Read in this form alone: the bundler puts the file's text in its place.
const TEMPLATE = readFileSync(new URL("../../../docs/first-workflow.yml", import.meta.url), "utf8");

/** What a workflow may ask for. */
export interface RunnerOffer {
  readonly profile: RunnerProfile;
  /** What it writes as `runs-on`. */
  readonly labels: readonly string[];
}

/** Where a first job could run. */
export interface FirstJob {
  readonly repository: RepositoryFacts;
  readonly offer: RunnerOffer;
  /** Text of the workflow file. */
  readonly workflow: string;
}

/** What changes while one looks on. */
export interface InstalledLiveView {
  readonly now: number;
  readonly installation: InstallationFacts;
  readonly health: Look<readonly HealthCheck[]>;
  /** The installation's newest job; `null` before there is one. */
  readonly newest: Look<JobSummary | null>;
}

export interface InstalledView extends InstalledLiveView {
  /** What GitHub says has just happened; `null` for whoever comes from the other pages. */
  readonly action: "install" | "update" | null;
  readonly webOrigin: string;
  readonly offers: readonly RunnerOffer[];
  /** Those whose jobs some profile takes. */
  readonly repositories: Look<readonly RepositoryFacts[]>;
  /** `null` where no repository can have one, or none was seen. */
  readonly first: FirstJob | null;
}

export interface InstalledWish {
  readonly action: string | undefined;
  /** Name of the repository for the first job. */
  readonly repository: string | undefined;
  /** Name of the profile for the first job. */
  readonly profile: string | undefined;
}

export async function installedLiveView(world: AdminWorld, session: Session, installation: InstallationFacts): Promise<InstalledLiveView> {
  const jobs = (which: "open" | "ended", limit: number) => world.directory.list({ installationId: installation.id, which, limit, from: null });
  const [health, newest] = await Promise.all([
    installationHealth(world, session, installation),
    lookWithin("The jobs table", async () => {
      const [open, ended] = await Promise.all([jobs("open", OPEN_JOBS), jobs("ended", 1)]);
      return [...open.jobs, ...ended.jobs].toSorted((a, b) => b.createdAt - a.createdAt)[0] ?? null;
    }),
  ]);
  return { now: world.clock(), installation, health, newest };
}

/** Open ones come oldest first: of more than these the newest may be another. */
const OPEN_JOBS = 50;

export async function installedView(world: AdminWorld, session: Session, installation: InstallationFacts, wish: InstalledWish): Promise<InstalledView> {
  const all = world.profiles.profiles;
  const offers = usableProfiles(all, installation).flatMap((profile): RunnerOffer[] => {
    const labels = runsOn(profile, all);
    return labels === null || !isReachable(profile, installation) ? [] : [{ profile, labels }];
  });
  const [live, seen] = await Promise.all([
    installedLiveView(world, session, installation),
    lookAlong("The list of repositories", () => world.readerFor(session).repositories(installation.id)),
  ]);
  const repositories: InstalledView["repositories"] =
    seen.kind === "seen" ? { kind: "seen", value: seen.value.filter((repository) => offers.some((offer) => takes(offer, repository))) } : seen;
  return { ...live, action: wish.action === "update" || wish.action === "install" ? wish.action : null, webOrigin: world.github.webOrigin, offers, repositories, first: firstJob(seenOrNull(repositories) ?? [], offers, wish) };
}

function firstJob(repositories: readonly RepositoryFacts[], offers: readonly RunnerOffer[], wish: InstalledWish): FirstJob | null {
  const repository = repositories.find(({ name }) => name === wish.repository) ?? repositories[0];
  if (!repository) return null;
  const possible = offers.filter((offer) => takes(offer, repository));
  const offer = possible.find(({ profile }) => profile.name === wish.profile) ?? possible[0];
  return offer ? { repository, offer, workflow: firstWorkflow(TEMPLATE, offer.labels) } : null;
}

function takes({ profile }: RunnerOffer, { owner, name, visibility }: RepositoryFacts): boolean {
  return admitsRepository(profile, owner, name) && (visibility !== "public" || profile.publicRepositories);
}

/** A personal account has no runners but those of its repositories, whatever the profile says. */
function isReachable({ scope }: RunnerProfile, { account, permissions }: InstallationFacts): boolean {
  return permissions[scope === "organization" && account.kind === "organization" ? "organization_self_hosted_runners" : "administration"] === "write";
}
