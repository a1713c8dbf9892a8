/** A sandbox of its own: `node write-code-cache.cjs DIRECTORY` with events on standard input. See make-code-cache.ts. */
"use strict";
const { readFileSync, writeFileSync } = require("node:fs");
const { join, resolve } = require("node:path");

const directory = resolve(process.argv[2] ?? ".");

async function main() {
  const { handler, codeCache } = require(join(directory, "index.cjs"));
  for (const event of JSON.parse(readFileSync(0, "utf8"))) {
    const { statusCode } = await handler(event, {});
    // A cache of the way into an error would be of no use.
    if (statusCode !== 202 && statusCode !== 401) throw new Error(`the warm-up was answered ${statusCode}`);
  }
  writeFileSync(join(directory, "function.cache"), codeCache().data);
}

main().then(
  () => process.exit(0),
  (error) => {
    console.error(error);
    process.exit(1);
  },
);
