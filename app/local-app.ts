import { readFileSync } from "node:fs";
import { parsePrivateKey } from "./parse-private-key.ts";

export interface LocalApp {
  readonly appId: number;
  readonly privateKey: string;
  readonly webhookSecret: string;
}

export interface LocalAppVariables {
  readonly APP_ID?: number | undefined;
  readonly PRIVATE_KEY?: string | undefined;
  readonly PRIVATE_KEY_PATH?: string | undefined;
  readonly WEBHOOK_SECRET?: string | undefined;
}

/** `app` is `null` where nothing of it is set, or with `faults`, each by its variable and never with a value. */
export function localAppFrom(values: LocalAppVariables): { app: LocalApp | null; faults: string[] } {
  const faults: string[] = [];
  const { APP_ID, PRIVATE_KEY, PRIVATE_KEY_PATH, WEBHOOK_SECRET } = values;
  const anything = APP_ID ?? PRIVATE_KEY ?? PRIVATE_KEY_PATH ?? WEBHOOK_SECRET;
  if (anything === undefined) return { app: null, faults };

  if (APP_ID === undefined) faults.push("APP_ID: is missing; it stands on the App's settings page");
  if (WEBHOOK_SECRET === undefined) faults.push("WEBHOOK_SECRET: is missing; set the one of the App's settings page");
  const privateKey = readPrivateKey(PRIVATE_KEY, PRIVATE_KEY_PATH, faults);
  if (APP_ID === undefined || WEBHOOK_SECRET === undefined || privateKey === null) return { app: null, faults };
  return { app: { appId: APP_ID, privateKey, webhookSecret: WEBHOOK_SECRET }, faults };
}

function readPrivateKey(literal: string | undefined, path: string | undefined, faults: string[]): string | null {
  let key = literal;
  if (key === undefined && path !== undefined) {
    try {
      key = readFileSync(path, "utf8");
    } catch {
      faults.push(`PRIVATE_KEY_PATH: cannot read ${path}`);
      return null;
    }
  }
  if (key === undefined) {
    faults.push("PRIVATE_KEY: is missing; set it, or PRIVATE_KEY_PATH to the .pem file GitHub gave you");
    return null;
  }
  const parsed = parsePrivateKey(key);
  if (parsed.ok) return parsed.pem;
  faults.push(`PRIVATE_KEY: ${parsed.fault}`);
  return null;
}
