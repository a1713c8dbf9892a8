import type { CheckedDeployment } from "../../check-installation.ts";
import { worstStanding, type HealthCheck } from "../../core/health.ts";
import type { Terminal } from "../terminal.ts";
import { printable } from "./printable.ts";

const MARKS: Readonly<Record<HealthCheck["standing"], { readonly mark: string; readonly colour: "green" | "yellow" | "red" }>> = {
  well: { mark: "ok", colour: "green" },
  unknown: { mark: "not seen", colour: "yellow" },
  wrong: { mark: "WRONG", colour: "red" },
};
const MARK_WIDTH = 8;
const TITLE_WIDTH = 20;

/** The deployment, then each installation, a line a check and one more for what to do. */
export function showChecks({ deployment, installations }: CheckedDeployment, place: string, terminal: Pick<Terminal, "say" | "colors">): void {
  const { say, colors } = terminal;
  say(colors.bold(printable(place)));
  showList(deployment, terminal);
  if (installations.kind !== "seen") {
    say(`\n${colors.red("The installations could not be listed")}: ${printable(installations.kind === "failed" ? installations.message : `it needs ${installations.needs}`)}.`);
    return;
  }
  if (installations.value.length === 0) say("\nThe App is installed nowhere yet: install it from its page at GitHub (npm run setup leads there).");
  for (const { installation, checks } of installations.value) {
    say(`\n${colors.bold(printable(installation.account.login))}${colors.dim(`  ${installation.htmlUrl}`)}`);
    showList(checks, terminal);
  }
  const all = allChecks({ deployment, installations });
  const counts = (standing: HealthCheck["standing"]) => all.filter((check) => check.standing === standing).length;
  const worst = worstStanding(all);
  const summary = `${counts("well")} well, ${counts("wrong")} wrong${counts("unknown") === 0 ? "" : `, ${counts("unknown")} not seen`}.`;
  say(`\n${colors[MARKS[worst].colour](summary)} Why one job does not start: npm run doctor -- JOB_OR_RUN_URL`);
}

/** For scripts: 0 nothing is wrong, 1 something is, 2 GitHub could not be asked. */
export function exitCodeOfChecks(checked: CheckedDeployment): number {
  if (checked.installations.kind === "failed") return 2;
  return worstStanding(allChecks(checked)) === "wrong" ? 1 : checked.installations.kind === "seen" ? 0 : 2;
}

function showList(checks: readonly HealthCheck[], { say, colors }: Pick<Terminal, "say" | "colors">): void {
  for (const { title, standing, text, advice, url } of checks) {
    const { mark, colour } = MARKS[standing];
    say(`  ${colors[colour](mark.padEnd(MARK_WIDTH))}  ${title.padEnd(TITLE_WIDTH)}  ${printable(text)}`);
    if (advice !== "" && standing !== "well") say(`  ${" ".repeat(MARK_WIDTH)}  ${" ".repeat(TITLE_WIDTH)}  → ${printable(advice)}${url === null ? "" : ` ${url}`}`);
  }
}

function allChecks({ deployment, installations }: CheckedDeployment): readonly HealthCheck[] {
  return [...deployment, ...(installations.kind === "seen" ? installations.value.flatMap(({ checks }) => checks) : [])];
}
