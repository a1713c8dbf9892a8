import type * as z from "../schema.ts";
import { packBytes, unpackJson } from "../pack-bytes.ts";
import type { Log } from "../ports.ts";
import { createSingleItem, type SingleItemOptions } from "./single-item.ts";

export interface PackedItemOptions<T> extends SingleItemOptions {
  /** The attribute that holds it. */
  readonly attribute: string;
  readonly schema: z.ZodMiniType<T>;
  /** Hears of content that cannot be read. */
  readonly log: Log;
}

export interface PackedItem<T> {
  /** `null` when there is none, or none that can be read. Fails with `StoreError`. */
  read(): Promise<T | null>;
  /** In the place of what was there. Fails with `StoreError`. */
  write(value: T): Promise<void>;
}

/** An item has no more than 400 KB, gzipped; what unpacks to more than this is none of ours. */
const LARGEST = 16 * 1024 * 1024;

/** One item of the jobs table that holds gzipped JSON, which is a tenth of what the same makes in attributes. */
export function createPackedItem<T>({ attribute, schema, log, ...options }: PackedItemOptions<T>): PackedItem<T> {
  const item = createSingleItem(options);
  return {
    async read() {
      const values = await item.read();
      if (values === null) return null;
      const parsed = schema.safeParse(unpackJson(values[attribute], LARGEST));
      if (parsed.success) return parsed.data;
      log.error({ faults: parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`) }, `${options.content} is broken and begun anew`);
      return null;
    },

    write: (value) => item.write({ [attribute]: packBytes(JSON.stringify(value)) }),
  };
}
