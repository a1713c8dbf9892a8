import { parsePrivateKey } from "../../parse-private-key.ts";
import { OperatorError } from "../aws-trouble.ts";
import type { Permissions } from "./app-choices.ts";
import type { OAuthClient } from "./app-keeper.ts";
import type { AppFacts, GithubApps } from "./github-app.ts";

/** An App whose key a person has given, as GitHub describes it. */
export interface ExistingApp {
  readonly appId: number;
  /** PEM. */
  readonly privateKey: string;
  /** `null` without a client secret. */
  readonly oauth: OAuthClient | null;
  readonly facts: AppFacts;
  /** `null` when they could not be listed. */
  readonly installations: readonly { readonly account: string; readonly permissions: Permissions; readonly htmlUrl: string }[] | null;
}

/** As a person typed or pasted them. */
export interface ExistingAppFields {
  readonly appId: string;
  readonly privateKey: string;
  /** Empty where nobody shall sign in. */
  readonly clientSecret: string;
}

/** Fails with `OperatorError`. */
export async function findExistingApp(github: GithubApps, fields: ExistingAppFields): Promise<ExistingApp> {
  const appId = Number(fields.appId);
  if (!Number.isSafeInteger(appId) || appId <= 0) throw new OperatorError("The App ID is the number on the App's settings page.");
  const key = parsePrivateKey(fields.privateKey);
  if (!key.ok) throw new OperatorError(`The private key ${key.fault}.`);
  const { facts, installations } = await look(github, { appId, privateKey: key.pem });
  return { appId, privateKey: key.pem, oauth: oauthClient(facts, fields.clientSecret), facts, installations };
}

/** The same App after somebody has changed it at GitHub. Fails with `OperatorError`. */
export async function lookAgain(github: GithubApps, app: ExistingApp): Promise<ExistingApp> {
  return { ...app, ...(await look(github, app)) };
}

async function look(github: GithubApps, signer: Pick<ExistingApp, "appId" | "privateKey">): Promise<Pick<ExistingApp, "facts" | "installations">> {
  const facts = await github.describe(signer);
  const installations = await github.installations(signer).then(
    (all) => all.map(({ account, permissions, htmlUrl }) => ({ account: account.login, permissions, htmlUrl })),
    () => null,
  );
  return { facts, installations };
}

/** Fails with `OperatorError`; `null` without a secret. */
export function oauthClient({ clientId }: AppFacts, given: string): OAuthClient | null {
  const clientSecret = given.trim();
  if (clientSecret === "") return null;
  if (!/^[\w-]+$/.test(clientSecret)) throw new OperatorError("The client secret is letters and digits only, as GitHub shows it once.");
  if (clientId === null) throw new OperatorError("This GitHub does not say the App's client ID, so that the client secret cannot be used from here. Leave it empty, and write both where they are kept.");
  return { clientId, clientSecret };
}
