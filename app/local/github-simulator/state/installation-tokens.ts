import { findRepository, selectedRepositoriesOf } from "./accounts.ts";
import { notFound, Refusal } from "./refusal.ts";
import type { Account, Installation, InstallationToken, Permissions, Repository, Scope, SimulatorState } from "./simulator-state.ts";

export interface TokenRequest {
  readonly permissions?: Permissions | undefined;
  readonly repositories?: readonly string[] | undefined;
  readonly repository_ids?: readonly number[] | undefined;
}

const levels = ["read", "write", "admin"] as const;

/** A token for an hour, narrowed to what was asked; asking for more than the installation has is refused with 422. */
export function issueInstallationToken(state: SimulatorState, installation: Installation, request: TokenRequest, now: number): [string, InstallationToken] {
  if (installation.suspendedAt !== null) throw new Refusal(403, "This installation has been suspended");
  const { permissions = installation.permissions } = request;
  for (const [name, level] of Object.entries(permissions)) {
    if (!covers(installation.permissions[name], level)) {
      throw new Refusal(422, "The permissions requested are not granted to this installation.");
    }
  }
  const token: InstallationToken = {
    installation,
    // GitHub adds it to every token.
    permissions: { ...permissions, metadata: permissions["metadata"] ?? "read" },
    repositoryIds: narrowedRepositories(state, installation, request),
    expiresAt: now + state.times.token,
  };
  const secret = `ghs_${state.random.letters(36)}`;
  state.installationTokens.set(secret, token);
  return [secret, token];
}

export function readInstallationToken(state: SimulatorState, secret: string, now: number): InstallationToken {
  const token = state.installationTokens.get(secret);
  if (!token || token.expiresAt <= now) throw new Refusal(401, "Bad credentials");
  if (!state.installations.has(token.installation.id) || token.installation.suspendedAt !== null) throw new Refusal(401, "Bad credentials");
  return token;
}

/** The token's repositories, in full. */
export function repositoriesOfToken(state: SimulatorState, token: InstallationToken): Repository[] {
  return selectedRepositoriesOf(state, token.installation).filter((repository) => reaches(token, repository));
}

/**
 * The organization, or the repository, that a request is about, when the token may do this there.
 * 404 where GitHub hides that it exists, 403 where only the permission is missing.
 */
export function authorizeScope(state: SimulatorState, token: InstallationToken, scope: Scope, permission: string, level: "read" | "write"): void {
  if (token.installation.account !== scope.account) throw notFound();
  if (scope.repository && !reaches(token, scope.repository)) throw notFound();
  if (!covers(token.permissions[permission], level)) throw new Refusal(403, "Resource not accessible by integration");
}

function reaches(token: InstallationToken, repository: Repository): boolean {
  const { account, repositories } = token.installation;
  return repository.owner === account && (repositories?.includes(repository.name) ?? true) && (token.repositoryIds?.includes(repository.id) ?? true);
}

/** Whether what is granted is enough for what is wanted. */
export function covers(granted: Permissions[string] | undefined, wanted: Permissions[string]): boolean {
  return granted !== undefined && levels.indexOf(granted) >= levels.indexOf(wanted);
}

function narrowedRepositories(state: SimulatorState, installation: Installation, request: TokenRequest): readonly number[] | null {
  if (request.repositories === undefined && request.repository_ids === undefined) return null;
  const own = selectedRepositoriesOf(state, installation);
  const named = (request.repositories ?? []).map((name) => idOf(state, installation.account, name));
  const ids = [...named, ...(request.repository_ids ?? [])];
  if (ids.some((id) => !own.some((repository) => repository.id === id))) {
    throw new Refusal(422, "There is at least one repository that does not exist or is not accessible to the parent installation.");
  }
  return ids;
}

function idOf(state: SimulatorState, account: Account, name: string): number {
  try {
    return findRepository(state, `${account.login}/${name}`).id;
  } catch (error) {
    if (error instanceof Refusal) return 0;
    throw error;
  }
}
