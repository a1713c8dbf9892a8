import type { CredentialSealer, SealContext } from "../../app/ports.ts";
import { FailureScript, type ScriptedFailures } from "./scripted-failures.ts";

export interface RecordingCredentialSealer extends CredentialSealer, ScriptedFailures<"seal"> {
  readonly contexts: readonly SealContext[];
}

/** Answers with a seal that fits the event's schema and holds nothing of the credential. */
export function createRecordingCredentialSealer(): RecordingCredentialSealer {
  const contexts: SealContext[] = [];
  const failures = new FailureScript<"seal">();
  return {
    contexts,
    async seal(_credential, context) {
      contexts.push(context);
      return failures.run("seal", () => `kms:${Buffer.from(`sealed ${contexts.length} for ${context.target}`).toString("base64")}`);
    },
    failNext: (call, error, when) => failures.failNext(call, error, when),
  };
}
