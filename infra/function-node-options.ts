/**
 * `NODE_OPTIONS` of the functions. V8 lets its young generation grow to 100 MiB and more in a sandbox of 1 GB, though 15 MiB are alive: with
 * this a sandbox stays at 140 MiB over thousands of launches (`npm run bench`).
 */
export const FUNCTION_NODE_OPTIONS = "--max-semi-space-size=8";
