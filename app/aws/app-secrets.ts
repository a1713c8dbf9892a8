import { createSecretReader, type SecretOptions } from "./create-secret-reader.ts";
import { parseAppSecret, type AppSecret } from "./parse-app-secret.ts";

export { AppSecretError } from "./create-secret-reader.ts";

export interface AppSecrets {
  /** The App's secret, at most five minutes old, or up to an hour while it cannot be read. Fails with `AppSecretError`. */
  read(): Promise<AppSecret>;
}

export function createAppSecrets(options: SecretOptions): AppSecrets {
  return { read: createSecretReader(options, { parse: parseAppSecret }) };
}
