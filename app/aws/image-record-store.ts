import * as z from "../schema.ts";
import type { ImageRecord, ImageRecordStore } from "../ports.ts";
import { jobsTableDefinition } from "./jobs-table-definition.ts";
import { createSingleItem } from "./single-item.ts";
import type { CheckedTableAccess } from "./table-access.ts";

const time = z.number();
const release = z.object({ version: z.string(), publishedAt: time, sha256: z.object({ x64: z.nullable(z.string()), arm64: z.nullable(z.string()) }) });
const build = z.object({
  id: z.string(),
  status: z.enum(["running", "succeeded", "failed"]),
  version: z.nullable(z.string()),
  revision: z.nullable(z.string()),
  startedAt: time,
  endedAt: z.nullable(time),
});
const storedRecord: z.ZodMiniType<ImageRecord> = z.object({
  news: z.object({ newest: z.nullable(release), etag: z.nullable(z.string()), heardAt: time, askAgainAt: time, failedAsks: z.int() }),
  standing: z.object({
    inUse: z.nullable(z.object({ digest: z.string(), version: z.nullable(z.string()), pushedAt: time })),
    newest: z.nullable(release),
    pinnedVersion: z.nullable(z.string()),
    behindSince: z.nullable(time),
    daysBehind: z.number(),
    fruitlessBuilds: z.int(),
    lastBuild: z.nullable(build),
    checkedAt: time,
  }),
});

/** What is known about the image, as one item of the jobs table. */
export function createDynamoImageRecordStore({ log, ...table }: CheckedTableAccess): ImageRecordStore {
  const item = createSingleItem({ ...table, id: jobsTableDefinition.imageRecordKey, content: "what is known about the image" });
  return {
    async read() {
      const values = await item.read();
      if (values === null) return null;
      const parsed = storedRecord.safeParse(values);
      if (parsed.success) return parsed.data;
      // All of it can be found out again, but for the days that the image was behind.
      log.error({ faults: parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`) }, "the record of the image is broken and begun anew");
      return null;
    },

    write: (record) => item.write(record),
  };
}
