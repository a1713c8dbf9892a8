import { parseEnv } from "node:util";
import { parsePrivateKey } from "../../parse-private-key.ts";
import { OperatorError } from "../aws-trouble.ts";
import { AppKeys, type AppKeeper } from "./app-keeper.ts";
import { changeEnv, readTextFile, writePrivateFile, type EnvChanges } from "./env-file.ts";

/** Keeps an App in `.env`, under Probot's own names, beside whatever else stands there. `also` is written along with it. */
export function createEnvFileKeeper(file: string, also: EnvChanges = {}): AppKeeper {
  return {
    place: file,

    async current() {
      const values = parseEnv(readTextFile(file)) as Readonly<Record<string, string | undefined>>;
      const { APP_ID, PRIVATE_KEY, PRIVATE_KEY_PATH, WEBHOOK_SECRET, GITHUB_CLIENT_ID, GITHUB_CLIENT_SECRET } = values;
      if (!APP_ID && !PRIVATE_KEY && !PRIVATE_KEY_PATH) return null;
      const key = parsePrivateKey(PRIVATE_KEY || readKeyFile(PRIVATE_KEY_PATH));
      const appId = Number(APP_ID);
      if (!key.ok || !WEBHOOK_SECRET || !Number.isSafeInteger(appId) || appId <= 0) {
        const fault = key.ok ? "APP_ID or WEBHOOK_SECRET is missing" : `PRIVATE_KEY ${key.fault}`;
        throw new OperatorError(`${file} holds half an App: ${fault}. Complete it, or run setup with --replace to set up another.`);
      }
      const oauth = GITHUB_CLIENT_ID && GITHUB_CLIENT_SECRET ? { clientId: GITHUB_CLIENT_ID, clientSecret: GITHUB_CLIENT_SECRET } : null;
      return new AppKeys({ appId, privateKey: key.pem, webhookSecret: WEBHOOK_SECRET, oauth });
    },

    async keep(keys) {
      const changes = {
        APP_ID: String(keys.appId),
        PRIVATE_KEY: keys.privateKey,
        PRIVATE_KEY_PATH: null,
        WEBHOOK_SECRET: keys.webhookSecret,
        GITHUB_CLIENT_ID: keys.oauth?.clientId ?? null,
        GITHUB_CLIENT_SECRET: keys.oauth?.clientSecret ?? null,
        ...also,
      };
      try {
        writePrivateFile(file, changeEnv(readTextFile(file), changes));
      } catch (error) {
        throw new OperatorError(`Could not write ${file}: ${error instanceof Error ? error.message : String(error)}. Make its directory writable.`, { cause: error });
      }
    },
  };
}

function readKeyFile(path: string | undefined): string {
  return path === undefined || path === "" ? "" : readTextFile(path);
}
