import type { ImageBuild, RunnerImage, RunnerRelease } from "../../app/core/runner-image.ts";
import type { BuildOrder, ImageRecord } from "../../app/ports.ts";
import { createReleaseWatch, type ReleaseWatchWorld } from "../../app/watch-releases.ts";
import { TEST_NOW } from "./a-workflow-job-event.ts";
import { aRelease, MINUTE } from "./an-image-observation.ts";
import { createRecordingLog, type RecordingLog } from "./recording-log.ts";

/** GitHub, ECR, CodeCommit and CodeBuild in memory, and a clock that only the test moves. A build ends when the test says so. */
export class WatchedImage {
  now = TEST_NOW;
  newest: RunnerRelease = aRelease();
  revision: string | null = "c0ffee";
  image: RunnerImage | null = null;
  builds: ImageBuild[] = [];
  record: ImageRecord | null = null;
  pinnedVersion: string | null = null;
  /** Thrown instead of an answer. */
  githubFault: Error | null = null;
  buildFault: Error | null = null;
  readonly asked: (string | null)[] = [];
  readonly orders: BuildOrder[] = [];
  readonly figures: Readonly<Record<string, number>>[] = [];
  readonly log: RecordingLog = createRecordingLog();

  /** What comes of one look: the action's kind and reason. */
  async look(): Promise<string> {
    const { action } = await createReleaseWatch(this.#world())();
    return `${action.kind} (${action.reason})`;
  }

  pass(milliseconds: number): void {
    this.now += milliseconds;
  }

  endBuild(status: "succeeded" | "failed"): void {
    const [running, ...others] = this.builds;
    if (running?.status !== "running") throw new Error("no build is running");
    this.pass(5 * MINUTE);
    this.builds = [{ ...running, status, endedAt: this.now }, ...others];
    if (status === "succeeded") this.image = { digest: `sha256:${running.id}`, version: running.version ?? this.newest.version, pushedAt: this.now };
  }

  #world(): ReleaseWatchWorld {
    return {
      releases: {
        newest: async (etag) => {
          this.asked.push(etag);
          if (this.githubFault) throw this.githubFault;
          return etag === this.newest.version ? null : { release: this.newest, etag: this.newest.version };
        },
      },
      images: { inUse: async () => this.image },
      source: { revision: async () => this.revision },
      builds: {
        list: async () => this.builds,
        start: async (order) => {
          if (this.buildFault) throw this.buildFault;
          this.orders.push(order);
          const id = `build-${this.orders.length}`;
          this.builds = [{ id, status: "running", version: order.version, revision: order.revision, startedAt: this.now, endedAt: null }, ...this.builds];
          return id;
        },
      },
      record: {
        read: async () => this.record,
        write: async (record) => {
          this.record = record;
        },
      },
      pinnedVersion: this.pinnedVersion,
      clock: () => this.now,
      log: this.log,
      putMetrics: (figures) => this.figures.push(figures),
    };
  }
}
