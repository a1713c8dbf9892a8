import { gunzipSync, gzipSync } from "node:zlib";

/** gzip for a few kilobytes: as small as with zlib's defaults, in half the time, since those set up 256 KiB for each call. */
export function packBytes(bytes: string | Uint8Array): Buffer {
  return gzipSync(bytes, { windowBits: 13, memLevel: 7 });
}

/** JSON that `packBytes` packed; `undefined` where it is not that, or unpacks to more bytes than `maxOutputLength`. */
export function unpackJson(bytes: unknown, maxOutputLength: number): unknown {
  if (!(bytes instanceof Uint8Array)) return undefined;
  try {
    return JSON.parse(gunzipSync(bytes, { maxOutputLength }).toString("utf8"));
  } catch {
    return undefined;
  }
}
