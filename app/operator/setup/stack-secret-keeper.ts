import { GetSecretValueCommand, PutSecretValueCommand, ResourceNotFoundException, type SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { parseAppSecret } from "../../aws/parse-app-secret.ts";
import { awsTrouble, OperatorError, whatToDo } from "../aws-trouble.ts";
import { AppKeys, type AppKeeper } from "./app-keeper.ts";

export interface StackSecretKeeperOptions {
  readonly client: SecretsManagerClient;
  /** For a sentence: "the stack Baton in eu-west-1". */
  readonly place: string;
  readonly appSecretId: string;
  readonly oauthSecretId: string;
}

/**
 * Keeps an App in the two secrets of a deployed stack. The OAuth client is written first: only the App's secret decides whether an App is
 * there, and it is one write.
 */
export function createStackSecretKeeper({ client, place, appSecretId, oauthSecretId }: StackSecretKeeperOptions): AppKeeper {
  return {
    place,

    async current() {
      const kept = await keptSecret();
      return kept && new AppKeys({ appId: kept.appId, privateKey: kept.privateKey, webhookSecret: kept.webhookSecret, oauth: null });
    },

    async keep(keys) {
      if (keys.oauth) await write(oauthSecretId, { clientId: keys.oauth.clientId, clientSecret: keys.oauth.clientSecret });
      // Another App's client signs nobody in; a secret cannot go back to having no value.
      else if ((await read(oauthSecretId)) !== "") await write(oauthSecretId, {});
      const before = await keptSecret();
      // What GitHub signed before it hears of the new one is on its way, or is brought by the delivery sweep.
      const rotated = before?.appId === keys.appId && before.webhookSecret !== keys.webhookSecret;
      const previous = rotated ? { previousWebhookSecret: before.webhookSecret } : {};
      await write(appSecretId, { appId: keys.appId, privateKey: keys.privateKey, webhookSecret: keys.webhookSecret, ...previous });
    },
  };

  async function keptSecret() {
    // The stack creates the secret with a placeholder, which is no App.
    const parsed = parseAppSecret(await read(appSecretId));
    return parsed.ok ? parsed.secret : null;
  }

  async function read(secretId: string): Promise<string> {
    try {
      return (await client.send(new GetSecretValueCommand({ SecretId: secretId }))).SecretString ?? "";
    } catch (error) {
      // Also what a secret without any value answers.
      if (error instanceof ResourceNotFoundException && /value/i.test(error.message)) return "";
      throw trouble(`read the secret ${secretId}`, error);
    }
  }

  async function write(secretId: string, value: object): Promise<void> {
    try {
      await client.send(new PutSecretValueCommand({ SecretId: secretId, SecretString: JSON.stringify(value) }));
    } catch (error) {
      throw trouble(`write the secret ${secretId}`, error);
    }
  }
}

/** Without AWS's message and without the error itself: both may repeat what was sent. */
function trouble(doing: string, error: unknown): OperatorError {
  const code = error instanceof Error ? error.name : "unknown error";
  return new OperatorError(`Could not ${doing}: ${code}.\n${whatToDo(awsTrouble(error))}`);
}
