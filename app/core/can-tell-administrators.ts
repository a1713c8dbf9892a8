import type { InstallationFacts } from "./facts-at-github.ts";

/** Whether the App can ask GitHub who administers the account, and so carry out what somebody asks for (GitHub docs: "Get organization membership for a user"). */
export function canTellAdministrators({ account, permissions }: Pick<InstallationFacts, "account" | "permissions">): boolean {
  return account.kind === "user" || permissions["members"] === "read" || permissions["members"] === "write";
}
