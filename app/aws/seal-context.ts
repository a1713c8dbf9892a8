import type { SealContext } from "../ports.ts";

/** The key of the encryption context that each target's task role is bound to. */
export const TARGET_CONTEXT_KEY = "baton:target";

/** KMS's encryption context of a sealed credential: authenticated, not secret, and shown in CloudTrail. */
export function sealContext(context: SealContext): Record<string, string> {
  return { "baton:job": context.jobId, "baton:launch": context.launch, [TARGET_CONTEXT_KEY]: context.target };
}
