import { isAskDue, newsHeard, newsMissed, noNews, planRelease, type ReleaseAction } from "./core/release-plan.ts";
import { DAYS_BEHIND_METRIC, FRUITLESS_BUILDS_METRIC, type ImageStanding, type ReleaseNews } from "./core/runner-image.ts";
import { GithubError, type Clock, type ImageBuilds, type ImageRecordStore, type ImageSource, type Log, type PutMetrics, type RunnerImages, type RunnerReleases } from "./ports.ts";

export interface ReleaseWatchWorld {
  readonly releases: RunnerReleases;
  readonly images: RunnerImages;
  readonly source: ImageSource;
  readonly builds: ImageBuilds;
  readonly record: ImageRecordStore;
  /** `null` follows the newest release. */
  readonly pinnedVersion: string | null;
  readonly clock: Clock;
  readonly log: Log;
  readonly putMetrics: PutMetrics;
}

export interface WatchReport {
  readonly action: ReleaseAction;
  readonly standing: ImageStanding;
}

/**
 * One look at the runner image: observe ▶ plan ▶ apply. Level-triggered: whatever woke it, it looks at everything and does what is missing, so that a lost
 * event or a failed look costs no more than the time until the next.
 */
export function createReleaseWatch(world: ReleaseWatchWorld) {
  return async function watchReleases(): Promise<WatchReport> {
    const before = await world.record.read();
    const news = await hear(world, before?.news ?? noNews(world.clock()));
    const [inUse, revision, builds] = await Promise.all([world.images.inUse(), world.source.revision(), world.builds.list()]);
    const { action, standing } = planRelease({ news, inUse, revision, builds, before: before?.standing ?? null }, world, world.clock());

    // First, so that the alarms hear of it even if no build can be started.
    world.putMetrics({ [DAYS_BEHIND_METRIC]: standing.daysBehind, [FRUITLESS_BUILDS_METRIC]: standing.fruitlessBuilds });
    await world.record.write({ news, standing });
    world.log.info({ ...action, inUse: inUse?.version ?? null, newest: news.newest?.version ?? null }, `runner image: ${action.kind} (${action.reason})`);
    if (action.kind === "start-build") {
      const { version, sha256, revision, attempt } = action;
      const build = await world.builds.start({ version, sha256, revision, attempt });
      world.log.info({ build, version, attempt }, "runner image: build started");
    }
    return { action, standing };
  };
}

/** GitHub's silence must not keep the image from being built. */
async function hear({ releases, clock, log }: ReleaseWatchWorld, news: ReleaseNews): Promise<ReleaseNews> {
  if (!isAskDue(news, clock())) return news;
  try {
    return newsHeard(news, await releases.newest(news.etag), clock());
  } catch (error) {
    if (!(error instanceof GithubError)) throw error;
    const missed = newsMissed(news, error.retryAfterMs, clock());
    log.warn({ reason: error.reason, err: error.message, askAgainAt: new Date(missed.askAgainAt).toISOString() }, "could not ask for the newest runner release");
    return missed;
  }
}
