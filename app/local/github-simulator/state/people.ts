import { findAccount, installationOf, selectedRepositoriesOf } from "./accounts.ts";
import { covers } from "./installation-tokens.ts";
import { nextNumber } from "./next-number.ts";
import { notFound, Refusal } from "./refusal.ts";
import type { Account, Installation, Repository, Scope, SimulatorState } from "./simulator-state.ts";

export type Role = "admin" | "member";

/** Somebody who can sign in. */
export interface Person {
  readonly id: number;
  readonly login: string;
  readonly name: string | null;
  /** By login of the organization, in lower case. */
  readonly roles: Map<string, Role>;
}

export interface NewPerson {
  readonly login: string;
  readonly name?: string | undefined;
  /** Role by login of the organization; `null` takes somebody out of it. */
  readonly organizations?: Readonly<Record<string, Role | null>> | undefined;
}

/** Somebody known is given the roles that are named. */
export function addPerson(state: SimulatorState, { login, name, organizations = {} }: NewPerson): Person {
  const key = login.toLowerCase();
  const account = state.accounts.get(key);
  if (account?.type === "Organization") throw new Refusal(400, `${login} is an organization, and no person.`);
  const known = state.people.get(key);
  const person: Person = known ?? { id: account?.id ?? nextNumber(state, "account"), login: account?.login ?? login, name: name ?? null, roles: new Map() };
  state.people.set(key, person);
  for (const [organization, role] of Object.entries(organizations)) {
    if (role === null) person.roles.delete(organization.toLowerCase());
    else person.roles.set(organization.toLowerCase(), role);
  }
  return person;
}

/** `null` for somebody who has nothing to do with it. A person administers their own account. */
export function roleIn({ roles, id }: Person, account: Account): Role | null {
  if (account.type === "User") return account.id === id ? "admin" : null;
  return roles.get(account.login.toLowerCase()) ?? null;
}

export function installationsOf(state: SimulatorState, person: Person): Installation[] {
  return [...state.installations.values()].filter((installation) => {
    const role = roleIn(person, installation.account);
    return role === "admin" || (role === "member" && selectedRepositoriesOf(state, installation).length > 0);
  });
}

/**
 * What a person's token of the App may do: what the App is granted there and the person may do themself. 404 where GitHub hides that it exists,
 * 403 where only the right is missing.
 */
export function authorizePerson(
  state: SimulatorState,
  person: Person,
  { account, repository }: Scope,
  wanted: { readonly permission: string; readonly level: "read" | "write"; readonly onlyAdmins: boolean },
): void {
  const role = roleIn(person, account);
  if (role === null && (repository === null || repository.visibility !== "public")) throw notFound();
  const installation = installationOf(state, account);
  if (repository && !selectedRepositoriesOf(state, installation).includes(repository)) throw notFound();
  if (installation.suspendedAt !== null || !covers(installation.permissions[wanted.permission], wanted.level)) throw new Refusal(403, "Resource not accessible by integration");
  if (wanted.onlyAdmins && role !== "admin") throw new Refusal(403, "Must have admin rights to Repository.");
}

export function accountOfPerson({ id, login }: Person): Pick<Account, "id" | "login" | "type"> {
  return { id, login, type: "User" };
}

export function findPerson(state: SimulatorState, login: string): Person {
  const person = state.people.get(login.toLowerCase());
  if (!person) throw notFound();
  return person;
}

/** Whether the App may read who is in an organization. */
export function authorizeMembers(state: SimulatorState, organization: string): Account {
  const account = findAccount(state, organization);
  const installation = [...state.installations.values()].find((candidate) => candidate.account === account);
  if (!covers(installation?.permissions["members"], "read")) throw new Refusal(403, "Resource not accessible by integration");
  return account;
}

export function repositoriesFor(state: SimulatorState, person: Person, installationId: number): Repository[] {
  const installation = installationsOf(state, person).find(({ id }) => id === installationId);
  if (!installation) throw notFound();
  return selectedRepositoriesOf(state, installation);
}
