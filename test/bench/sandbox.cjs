/**
 * One Lambda sandbox, as a fresh process: loads a function and invokes it, and prints what that took as one line of JSON.
 * Plain CommonJS without imports of ours, so that nothing but the function is loaded and timed.
 */
"use strict";
const { readFileSync } = require("node:fs");

const { file, steps } = JSON.parse(readFileSync(0, "utf8"));

function describe({ statusCode, body }) {
  const decision = /"decision":"([a-z]+)"/.exec(String(body))?.[1];
  return decision === undefined ? String(statusCode) : `${statusCode} ${decision}`;
}

async function invoke(handler, { name, events, times }) {
  const ms = [];
  const rssMiB = [];
  const answers = {};
  for (let turn = 1; turn <= times; turn += 1) {
    // Lambda parses each event anew, and a function may write to it.
    const copy = structuredClone(events[turn % events.length]);
    const start = process.hrtime.bigint();
    const answer = await handler(copy, {});
    ms.push(Number(process.hrtime.bigint() - start) / 1e6);
    answers[describe(answer)] = (answers[describe(answer)] ?? 0) + 1;
    if (turn % 100 === 0) rssMiB.push(process.memoryUsage.rss() / 2 ** 20);
  }
  return { name, ms, answers, rssMiB };
}

async function main() {
  const start = process.hrtime.bigint();
  const { handler } = require(file);
  const initMs = Number(process.hrtime.bigint() - start) / 1e6;
  const results = [];
  for (const step of steps) results.push(await invoke(handler, step));
  process.stdout.write(`\nRESULT ${JSON.stringify({ initMs, steps: results })}\n`, () => process.exit(0));
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
