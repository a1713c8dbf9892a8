/** What the GitHub App proves itself with. */
export interface AppCredentials {
  readonly appId: string | number;
  /** PEM, PKCS#1 as GitHub hands it out or PKCS#8; newlines may be written as `\n`. */
  readonly privateKey: string;
}
