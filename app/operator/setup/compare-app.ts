import type { Permissions } from "./app-choices.ts";

const LEVELS = ["read", "write", "admin"];

/** What of `needed` goes beyond `has`. */
export function lackingPermissions(needed: Permissions, has: Permissions): Permissions {
  return Object.fromEntries(Object.entries(needed).filter(([permission, level]) => rank(has[permission]) < rank(level)));
}

/** What `has` is more than is needed: Baton does without. */
export function surplusPermissions(needed: Permissions, has: Permissions): Permissions {
  return Object.fromEntries(Object.entries(has).filter(([permission, level]) => rank(needed[permission]) < rank(level)));
}

export function lackingEvents(needed: readonly string[], has: readonly string[]): readonly string[] {
  return needed.filter((event) => !has.includes(event));
}

/** "actions: read, members: read" */
export function permissionList(permissions: Permissions): string {
  return Object.entries(permissions)
    .map(([permission, level]) => `${permission}: ${level}`)
    .join(", ");
}

/** 0 for none; a level that GitHub may add one day counts as the highest. */
function rank(level: string | undefined): number {
  if (level === undefined) return 0;
  const at = LEVELS.indexOf(level);
  return at === -1 ? LEVELS.length + 1 : at + 1;
}
