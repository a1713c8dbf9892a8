/** AWS's refusals that a person at a terminal can do something about, in words that say what. */
export class OperatorError extends Error {
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = "OperatorError";
  }
}

export type AwsTrouble = "no-credentials" | "expired-credentials" | "no-region" | "unreachable" | "denied" | "other";

const EXPIRED = new Set(["ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired", "ExpiredTokenException", "UnauthorizedSSOTokenError"]);
const INVALID = new Set(["InvalidClientTokenId", "UnrecognizedClientException", "SignatureDoesNotMatch", "InvalidSignatureException", "AuthFailure"]);
const DENIED = new Set(["AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError"]);

export function awsTrouble(error: unknown): AwsTrouble {
  if (!(error instanceof Error)) return "other";
  const { name, message } = error;
  const code = "code" in error ? String(error.code) : "";
  if (EXPIRED.has(name) || /\btoken (?:is|has) expired|SSO session .*expired|token.*refresh.*(?:failed|expired)/i.test(message)) return "expired-credentials";
  if (name === "CredentialsProviderError" || name === "TokenProviderError" || INVALID.has(name) || /Could not load credentials/.test(message)) return "no-credentials";
  if (/Region is missing/.test(message)) return "no-region";
  if (DENIED.has(name)) return "denied";
  if (/^(?:ECONNREFUSED|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|ECONNRESET|EHOSTUNREACH|ENETUNREACH)$/.test(code) || name === "TimeoutError") return "unreachable";
  return "other";
}

/** One line: AWS's own words, which name the action and the principal that lacks it. */
export function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // What a proxy, or an endpoint that is not AWS's, answers.
  if (/Deserialization error/.test(error.message)) return "the answer was not AWS's";
  const said = error.message === "" || error.message === "UnknownError" ? error.name : `${error.name}: ${error.message}`;
  return said.replaceAll(/\s+/g, " ").slice(0, 400);
}

const WHAT_TO_DO: Readonly<Record<AwsTrouble, string>> = {
  "no-credentials": "Sign in to AWS in this shell: `aws sso login` or `aws configure`, or set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.",
  "expired-credentials": "Your AWS session has expired: sign in again, for example by `aws sso login`.",
  "no-region": "Say which region: set AWS_REGION, or a region in the profile (`aws configure set region eu-west-1`).",
  unreachable: "Check the network, the region's name and AWS_ENDPOINT_URL, if it is set.",
  denied: "Use credentials that may do this, or ask for the permission that the message names.",
  other: "Run it again; if it stays, AWS's own words above say what it minds.",
};

export function whatToDo(trouble: AwsTrouble): string {
  return WHAT_TO_DO[trouble];
}

/** For a call on which the command depends: AWS's words, then what to do. */
export function operatorError(doing: string, error: unknown): OperatorError {
  if (error instanceof OperatorError) return error;
  return new OperatorError(`Could not ${doing}: ${wordsOf(error)}\n${whatToDo(awsTrouble(error))}`, { cause: error });
}
