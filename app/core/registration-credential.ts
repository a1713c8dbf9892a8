/**
 * What lets one runner register: a registration token (1 h, reusable) or a JIT config (one runner, once).
 * Redacts itself wherever it is printed, serialised or interpolated; only `reveal()` gives it away.
 */
export class RegistrationCredential {
  readonly kind: "token" | "jit";
  /** Epoch milliseconds. */
  readonly expiresAt: number;
  /** What GitHub asked to wait before another is minted, milliseconds; 0 unless this one is shared in the meantime. */
  readonly mintAgainAfterMs: number;
  readonly #secret: string;

  constructor(kind: "token" | "jit", secret: string, expiresAt: number, mintAgainAfterMs = 0) {
    this.kind = kind;
    this.expiresAt = expiresAt;
    this.mintAgainAfterMs = mintAgainAfterMs;
    this.#secret = secret;
  }

  /** The token, or the JIT config in GitHub's base64. For sealing only. */
  reveal(): string {
    return this.#secret;
  }

  toString(): string {
    return `[${this.kind} credential, redacted]`;
  }

  toJSON(): string {
    return this.toString();
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }
}
