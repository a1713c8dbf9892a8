import { readFileSync } from "node:fs";

// Read in this form alone: the bundler puts the file's text in its place.
const PACKAGE = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { readonly version: string };

/** Of the Baton that runs. */
export const VERSION = PACKAGE.version;
