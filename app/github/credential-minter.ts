import * as z from "../schema.ts";
import { RegistrationCredential } from "../core/registration-credential.ts";
import { MintError, type Clock, type CredentialMinter, type MintRequest } from "../ports.ts";
import type { AppOctokit, GithubAnswer, GithubCall } from "./app-octokit.ts";
import { GithubCallError } from "./github-failures.ts";
import { mintError } from "./mint-failures.ts";
import { createRunnerGroups } from "./runner-groups.ts";
import { runnerScopeAccess, type RunnerScopeAccess } from "./runner-scope-access.ts";

/** GitHub docs: a registration token expires after one hour. It does not say it of a JIT config, which lives no longer. */
const JIT_LIFETIME_MS = 3_600_000;

/** A repository's runners are all in its one group, whose id is 1. */
const REPOSITORY_GROUP_ID = "1";

/** The agent's own default, beside which its entrypoint expects it. */
const WORK_FOLDER = "_work";

const tokenSchema = z.object({ token: z.string().check(z.minLength(1)), expires_at: z.pipe(z.iso.datetime({ offset: true }), z.transform((text: string) => Date.parse(text))) });
const jitSchema = z.object({ encoded_jit_config: z.string().check(z.minLength(1)) });

/** Mints what one runner registers with, by an installation token that can do just that. */
export function createCredentialMinter({ octokit, clock }: { readonly octokit: AppOctokit; readonly clock: Clock }): CredentialMinter {
  const groups = createRunnerGroups({ clock });

  const mintJit = async (call: GithubCall, { path, parameters }: RunnerScopeAccess, request: MintRequest): Promise<RegistrationCredential> => {
    const { installationId, scope, group, name, labels } = request;
    const organization = scope.kind === "organization" ? scope.organization : null;
    const groupId = organization === null ? REPOSITORY_GROUP_ID : await groups.idOf(call, installationId, organization, group);
    try {
      const body = { name, labels: [...labels], runner_group_id: Number(groupId), work_folder: WORK_FOLDER };
      const minted = read(jitSchema, await call(`POST ${path}/runners/generate-jitconfig`, { ...parameters, ...body }));
      return new RegistrationCredential("jit", minted.encoded_jit_config, clock() + JIT_LIFETIME_MS);
    } catch (error) {
      const groupMayBeGone = error instanceof GithubCallError && (error.status === 404 || error.status === 422);
      if (groupMayBeGone && organization !== null) groups.forget(installationId, organization, group);
      throw error;
    }
  };

  return {
    async mint(request) {
      const scope = runnerScopeAccess(request.installationId, request.scope);
      const call = octokit.asInstallation(scope.access, { deadline: request.deadline });
      try {
        return await (request.registration === "jit" ? mintJit(call, scope, request) : mintToken(call, scope));
      } catch (error) {
        throw mintError(error, scope);
      }
    },
  };
}

async function mintToken(call: GithubCall, { path, parameters }: RunnerScopeAccess): Promise<RegistrationCredential> {
  const minted = read(tokenSchema, await call(`POST ${path}/runners/registration-token`, parameters));
  return new RegistrationCredential("token", minted.token, minted.expires_at);
}

/** Names no value: a wrong answer may still hold a credential. */
function read<T>(schema: z.ZodMiniType<T>, answer: GithubAnswer): T {
  const result = schema.safeParse(answer.data);
  if (result.success) return result.data;
  const member = result.error.issues[0]?.path.join(".") ?? "";
  throw new MintError("mint-failed", `GitHub answered ${answer.status} without a usable ${member || "body"}`, { retryable: true });
}
