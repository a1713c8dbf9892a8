import * as z from "../schema.ts";
import { githubId } from "./github-id.ts";
import { parsePayload } from "./parse-payload.ts";

/** The App was installed, removed, suspended or given other permissions. */
export interface InstallationEvent {
  /** `created`, `deleted`, `suspend`, `unsuspend`, `new_permissions_accepted`, or what GitHub adds. */
  readonly action: string;
  readonly installationId: string;
  readonly payload: Readonly<Record<string, unknown>>;
}

const payloadSchema = z.object({ action: z.string(), installation: z.object({ id: githubId }) });

/** Fails with `PayloadError`, naming the member. */
export function parseInstallationEvent(payload: Readonly<Record<string, unknown>>): InstallationEvent {
  const seen = parsePayload(payloadSchema, payload);
  return { action: seen.action, installationId: seen.installation.id, payload };
}
