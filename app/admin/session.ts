/** Who is signed in. Kept by their browser alone, in an encrypted cookie. */
export interface Session {
  /** GitHub's. */
  readonly login: string;
  readonly userId: string;
  readonly name: string | null;
  /** The person's own for GitHub's API. Never rendered or logged. */
  readonly token: string;
  /** In every form of this session, and its name in caches. */
  readonly csrf: string;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
}
