import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

/** A file the pages load. Its name holds its content's hash, so that a browser may keep it for good. */
export interface Asset {
  readonly path: string;
  readonly type: string;
  readonly text: string;
}

export const style = asset("style.css", "text/css; charset=utf-8", readFileSync(new URL("../pages/style.css", import.meta.url), "utf8"));
export const script = asset("live.js", "text/javascript; charset=utf-8", readFileSync(new URL("../pages/live.js", import.meta.url), "utf8"));

function asset(name: string, type: string, text: string): Asset {
  const hash = createHash("sha256").update(text).digest("base64url").slice(0, 16);
  return { path: `/assets/${hash}-${name}`, type, text };
}
