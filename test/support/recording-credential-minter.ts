import { RegistrationCredential } from "../../app/core/registration-credential.ts";
import type { CredentialMinter, MintRequest } from "../../app/ports.ts";
import { TEST_NOW } from "./a-workflow-job-event.ts";
import { FailureScript, type ScriptedFailures } from "./scripted-failures.ts";

export interface RecordingCredentialMinter extends CredentialMinter, ScriptedFailures<"mint"> {
  readonly requests: readonly MintRequest[];
  /** Every secret given out: what must be found nowhere afterwards. */
  readonly secrets: readonly string[];
}

/** Gives a credential of its own to each request. Registration tokens live an hour (GitHub Docs). */
export function createRecordingCredentialMinter(expiresAt: number = TEST_NOW + 3_600_000): RecordingCredentialMinter {
  const requests: MintRequest[] = [];
  const secrets: string[] = [];
  const failures = new FailureScript<"mint">();
  return {
    requests,
    secrets,
    async mint(request) {
      requests.push(request);
      return failures.run("mint", () => {
        const secret = secretFor(request, requests.length);
        secrets.push(secret);
        return new RegistrationCredential(request.registration, secret, expiresAt);
      });
    },
    failNext: (call, error, when) => failures.failNext(call, error, when),
  };
}

function secretFor(request: MintRequest, count: number): string {
  const token = `AACANARYTOKEN${String(count).padStart(16, "0")}`;
  return request.registration === "token" ? token : Buffer.from(JSON.stringify({ ".runner": request.name, canary: token })).toString("base64");
}
