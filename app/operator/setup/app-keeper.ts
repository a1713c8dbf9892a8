/** The App's keys. Nothing of them shows when it is printed or serialised. */
export class AppKeys {
  readonly appId: number;
  readonly #members: AppKeyMembers;

  constructor(members: AppKeyMembers) {
    this.appId = members.appId;
    this.#members = members;
  }

  /** PEM. */
  get privateKey(): string {
    return this.#members.privateKey;
  }

  get webhookSecret(): string {
    return this.#members.webhookSecret;
  }

  /** `null` for an App that was connected: GitHub shows them on its settings page only. */
  get oauth(): OAuthClient | null {
    return this.#members.oauth;
  }

  withOAuth(oauth: OAuthClient): AppKeys {
    return new AppKeys({ ...this.#members, oauth });
  }

  toString(): string {
    return `[keys of App ${this.appId}, redacted]`;
  }

  toJSON(): string {
    return this.toString();
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }
}

interface AppKeyMembers {
  readonly appId: number;
  readonly privateKey: string;
  readonly webhookSecret: string;
  readonly oauth: OAuthClient | null;
}

export interface OAuthClient {
  readonly clientId: string;
  readonly clientSecret: string;
}

/** Where an App's keys are kept: a laptop's `.env`, or the secrets of a deployed stack. */
export interface AppKeeper {
  /** For a sentence: "the stack Baton in eu-west-1", ".env". */
  readonly place: string;
  /** `null` when no App is kept there yet. Fails with `OperatorError` when it cannot be told. */
  current(): Promise<AppKeys | null>;
  /** Writes all or nothing that counts: a later `current()` gives the whole App or none. Fails with `OperatorError`. */
  keep(keys: AppKeys): Promise<void>;
}
