import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { inspect } from "node:util";
import { expect } from "vitest";
import type { LocalBaton } from "./a-local-baton.ts";

/**
 * No credential that went over the wire so far, and neither the App's key nor the webhook's secret, is anywhere that something was written
 * or can be listed; a sealed credential is in its event and its task's overrides alone, as at ECS.
 */
export async function expectSecrecy(local: LocalBaton): Promise<void> {
  const { github, plane, watch, app } = local;
  const appSecrets = [app.webhookSecret, app.privateKey.split("\n")[10] ?? ""];
  const jobs = github.jobs();
  const sealed = local.launches().map(({ credential }) => credential);
  const taskLogs = join(local.directory, "tasks");
  const open = {
    log: everything(local.log.lines),
    records: everything(await Promise.all(jobs.map(({ id }) => plane.store.get(id)))),
    "GitHub's list of deliveries, with our answers": everything(github.deliveries()),
    "jobs' logs": jobs.map(({ log }) => log).join("\n"),
    "tasks' logs": readdirSync(taskLogs).map((file) => readFileSync(join(taskLogs, file), "utf8")).join("\n"),
    "process list": [...watch.commandLines].join("\n"),
  };
  const guarded = { events: everything(local.events), tasks: everything(plane.launcher.list()), "dead letters": everything(plane.bus.deadLetters) };

  for (const [place, text] of Object.entries({ ...open, ...guarded })) {
    for (const secret of [...watch.secrets, ...appSecrets]) expect(text.includes(secret), `a secret in: ${place}`).toBe(false);
  }
  for (const [place, text] of Object.entries(open)) {
    for (const credential of sealed) expect(text.includes(credential.replace(/^\w+:/, "")), `a sealed credential in: ${place}`).toBe(false);
  }
}

/** Whole, with the members that JSON would leave out, such as an error's message. */
function everything(value: unknown): string {
  return inspect(value, { depth: null, maxStringLength: null, maxArrayLength: null, breakLength: Infinity, showHidden: true });
}
