import { installationPayload } from "../payloads/installation-payload.ts";
import { senderPayload } from "../payloads/account-payload.ts";
import { nodeId } from "../payloads/node-id.ts";
import { nextNumber } from "./next-number.ts";
import { notFound } from "./refusal.ts";
import { sendWebhook } from "./send-webhook.ts";
import type { Account, Installation, Permissions, Repository, RunnerGroup, Scope, SimulatorState, Visibility } from "./simulator-state.ts";

export interface NewAccount {
  readonly login: string;
  readonly repositories: readonly { readonly name: string; readonly visibility: Visibility }[];
  /** What the installation is granted; by default what Baton's app.yml asks for. */
  readonly permissions?: Permissions | undefined;
  /** Runner groups beside `Default` (id 1), or `Default` itself to change it. */
  readonly runnerGroups?: readonly NewRunnerGroup[] | undefined;
}

export interface NewRunnerGroup {
  readonly name: string;
  /** Default: all. */
  readonly repositories?: readonly string[] | undefined;
  /** Default: false, as at GitHub. */
  readonly allowsPublicRepositories?: boolean | undefined;
  readonly restrictedToWorkflows?: boolean | undefined;
}

const leastPermissions: Permissions = { organization_self_hosted_runners: "write", actions: "read", metadata: "read" };

/** What the App asks of whoever installs it. */
export function wantedPermissions({ app, installations }: Pick<SimulatorState, "app" | "installations">): Permissions {
  return app.permissions ?? [...installations.values()][0]?.permissions ?? { metadata: "read" };
}

/** An account with the App installed on all of its repositories. */
export function addAccount(state: SimulatorState, type: Account["type"], wanted: NewAccount, now: number): Installation {
  const account = openAccount(state, type, wanted, now);
  return installApp(state, account, { permissions: wanted.permissions ?? state.app.permissions ?? leastPermissions, repositories: null }, now);
}

/** An account that has not heard of the App. */
export function openAccount(state: SimulatorState, type: Account["type"], wanted: NewAccount, now: number): Account {
  const key = wanted.login.toLowerCase();
  if (state.accounts.has(key)) throw new Error(`The account ${wanted.login} is already there.`);
  const account: Account = {
    id: state.people.get(key)?.id ?? nextNumber(state, "account"),
    login: wanted.login,
    type,
    runnerGroups: type === "User" ? [defaultGroup] : runnerGroups(state, wanted.runnerGroups ?? []),
  };
  state.accounts.set(key, account);
  for (const { name, visibility } of wanted.repositories) addRepository(state, account, name, visibility, now);
  return account;
}

/** GitHub tells it by `installation.created`. */
export function installApp(state: SimulatorState, account: Account, wanted: Pick<Installation, "permissions" | "repositories">, now: number): Installation {
  const installation: Installation = {
    id: nextNumber(state, "installation"),
    account,
    permissions: { metadata: "read", ...wanted.permissions },
    events: state.app.events ?? ["workflow_job"],
    repositories: wanted.repositories,
    suspendedAt: null,
    createdAt: now,
  };
  state.installations.set(installation.id, installation);
  sendWebhook(state, { event: "installation", action: "created", installationId: installation.id }, {
    installation: installationPayload(state, installation),
    repositories: selectedRepositoriesOf(state, installation).map(({ id, name, fullName, visibility }) => ({
      id, node_id: nodeId("R", id), name, full_name: fullName, private: visibility !== "public",
    })),
    sender: senderPayload(state),
  });
  return installation;
}

export function addRepository(state: SimulatorState, owner: Account, name: string, visibility: Visibility, now: number): Repository {
  const fullName = `${owner.login}/${name}`;
  const repository: Repository = { id: nextNumber(state, "repository"), owner, name, fullName, visibility, createdAt: now };
  state.repositories.set(fullName.toLowerCase(), repository);
  return repository;
}

export function repositoriesOf(state: SimulatorState, account: Account): Repository[] {
  return [...state.repositories.values()].filter(({ owner }) => owner === account);
}

export function findAccount(state: SimulatorState, login: string): Account {
  const account = state.accounts.get(login.toLowerCase());
  if (!account) throw notFound();
  return account;
}

export function findOrganization(state: SimulatorState, login: string): Account {
  const account = findAccount(state, login);
  if (account.type !== "Organization") throw notFound();
  return account;
}

export function findRepository(state: SimulatorState, fullName: string): Repository {
  const repository = state.repositories.get(fullName.toLowerCase());
  if (!repository) throw notFound();
  return repository;
}

/** What the App is installed on: GitHub hides the others from it, and tells it nothing of them. */
export function selectedRepositoriesOf(state: SimulatorState, { account, repositories }: Installation): Repository[] {
  return repositoriesOf(state, account).filter(({ name }) => repositories?.includes(name) ?? true);
}

export function installationOf(state: SimulatorState, account: Account): Installation {
  const installation = [...state.installations.values()].find((candidate) => candidate.account === account);
  if (!installation) throw notFound();
  return installation;
}

/** The scope that a runner's URL names: `ORIGIN/acme` or `ORIGIN/acme/shop`; null when there is none. */
export function scopeOfUrl(state: SimulatorState, url: string): Scope | null {
  if (!URL.canParse(url) || new URL(url).origin !== state.origin) return null;
  const [login = "", name, ...more] = new URL(url).pathname.split("/").filter(Boolean);
  const account = state.accounts.get(login.toLowerCase());
  if (!account || more.length > 0) return null;
  if (name === undefined) return account.type === "Organization" ? { account, repository: null } : null;
  const repository = state.repositories.get(`${login}/${name}`.toLowerCase());
  return repository ? { account, repository } : null;
}

export function scopeName({ account, repository }: Scope): string {
  return repository?.fullName ?? account.login;
}

const defaultGroup: RunnerGroup = { id: 1, name: "Default", default: true, repositories: null, allowsPublicRepositories: false, restrictedToWorkflows: false };

function runnerGroups(state: SimulatorState, wanted: readonly NewRunnerGroup[]): RunnerGroup[] {
  const groups = wanted.map(({ name, repositories = null, allowsPublicRepositories = false, restrictedToWorkflows = false }): RunnerGroup => {
    const isDefault = name === "Default";
    return { id: isDefault ? 1 : nextNumber(state, "runnerGroup"), name, default: isDefault, repositories, allowsPublicRepositories, restrictedToWorkflows };
  });
  return groups.some((group) => group.default) ? groups : [defaultGroup, ...groups];
}
