import { randomBytes } from "node:crypto";
import { AppKeys, type AppKeeper } from "./app-keeper.ts";
import type { AppFacts, GithubApps } from "./github-app.ts";

export interface Completion {
  readonly github: GithubApps;
  readonly keeper: AppKeeper;
  /** Where GitHub shall send events; `null` leaves the hook alone. */
  readonly webhookUrl: string | null;
  /** Hears of each step once it is done. */
  readonly done: (step: string) => void;
}

export interface Signer {
  readonly appId: number;
  readonly privateKey: string;
}

/** The keys of an App that comes to Baton, with a webhook secret of our own: 256 bits, which GitHub and the keeper get and nobody sees. */
export function keysFor(app: Signer, oauth: AppKeys["oauth"]): AppKeys {
  return new AppKeys({ appId: app.appId, privateKey: app.privateKey, webhookSecret: randomBytes(32).toString("hex"), oauth });
}

/**
 * Keeps the keys, then sets the hook by them. In this order a crash in between is mended by doing the second step again with what is kept,
 * which is all that a second `npm run setup` does. The other way round GitHub would sign with a secret that nobody has.
 */
export async function completeApp(keys: AppKeys, completion: Completion): Promise<void> {
  const { keeper, done } = completion;
  await keeper.keep(keys);
  done(`Keys written to ${keeper.place}`);
  await setHook(keys, completion);
}

/** For an App whose keys are kept already: its hook is set again, which does no harm when it was. */
export async function finishApp(keys: AppKeys, completion: Completion): Promise<AppFacts> {
  const facts = await completion.github.describe(keys);
  completion.done(`GitHub knows the key of ${facts.name}`);
  await setHook(keys, completion);
  return facts;
}

async function setHook(keys: AppKeys, { github, webhookUrl, done }: Completion): Promise<void> {
  if (webhookUrl === null) return;
  await github.setHook(keys, webhookUrl, keys.webhookSecret);
  done(`Webhook set to ${webhookUrl}`);
}
