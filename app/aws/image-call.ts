import { ImageError } from "../ports.ts";
import { withinTimeLimit } from "../time-limit.ts";
import { portErrorFrom, type AwsCodes } from "./aws-failure.ts";

/** Of ECR, CodeBuild and CodeCommit. */
const IMAGE_CODES: AwsCodes = {
  // CodeBuild says so when all its builds of an account are running.
  throttled: new Set(["AccountLimitExceededException"]),
  passing: new Set(["ServerException", "EncryptionKeyUnavailableException"]),
};

/** One call about the image, within its time. Fails with `ImageError`. */
export async function imageCall<Answer>(doing: string, limitMs: number, send: (signal: AbortSignal) => Promise<Answer>): Promise<Answer> {
  try {
    return await withinTimeLimit(limitMs, send);
  } catch (error) {
    throw portErrorFrom(error, { as: ImageError, topic: "image", doing, codes: IMAGE_CODES });
  }
}
