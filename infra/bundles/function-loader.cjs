/**
 * Loads `function.js` beside it, as `index.cjs` of a function. With a code cache, made by a Node of the same version, architecture and
 * flags, V8 compiles nothing; it refuses any other cache by itself, which costs a few milliseconds and harms nothing.
 */
"use strict";
const { readFileSync } = require("node:fs");
const { join } = require("node:path");
const { Script } = require("node:vm");

const filename = join(__dirname, "function.js");

function readCache() {
  try {
    return readFileSync(join(__dirname, "function.cache"));
  } catch {
    return undefined;
  }
}

const source = `(function (exports, require, module, __filename, __dirname) {${readFileSync(filename, "utf8")}\n})`;
const script = new Script(source, { filename, cachedData: readCache() });
const loaded = { exports: {} };
script.runInThisContext()(loaded.exports, require, loaded, filename, __dirname);

// `async`, so that a fault of the function's is a rejection; two parameters, since nodejs24.x refuses a handler of three.
exports.handler = async (event, context) => loaded.exports.handler(event, context);

/** For the build: what V8 has compiled so far, lazily compiled functions included. */
exports.codeCache = () => ({ data: script.createCachedData(), rejected: script.cachedDataRejected });
