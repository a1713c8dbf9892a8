import { OperatorError } from "../aws-trouble.ts";
import type { Terminal } from "../terminal.ts";
import type { AccountObservation } from "./account-observation.ts";
import type { Cdk } from "./cdk.ts";
import { deployFindings, mayDeploy, type DeployFinding, type DeployFix, type DeployWishes } from "./deploy-findings.ts";

export interface DeployRun {
  readonly wishes: DeployWishes;
  /** For `cdk synth`. */
  readonly context: Readonly<Record<string, string>>;
  readonly observe: () => Promise<AccountObservation>;
  readonly cdk: Cdk;
  readonly createServiceLinkedRole: (service: string) => Promise<void>;
  readonly terminal: Terminal;
  readonly checkOnly: boolean;
  /** Bootstrap CDK and create service-linked roles where that is missing. */
  readonly prepare: boolean;
  /** Ask nothing. */
  readonly yes: boolean;
  /** Go on in spite of stops. */
  readonly force: boolean;
}

export interface DeployOutcome {
  readonly ok: boolean;
  readonly findings: readonly DeployFinding[];
  /** `null` when nothing was deployed. */
  readonly outputs: Readonly<Record<string, string>> | null;
}

/** Checks, prepares what it may, builds, synthesizes, deploys. Nothing is changed before every check has been told. */
export async function runDeploy(run: DeployRun): Promise<DeployOutcome> {
  const { terminal, wishes, cdk } = run;
  terminal.say(terminal.colors.dim("Looking at the account …"));
  const observation = await run.observe();
  let findings = deployFindings(wishes, observation);
  tellFindings(terminal, observation, findings);
  if (run.checkOnly) return { ok: mayDeploy(findings), findings, outputs: null };

  const fixes = findings.flatMap(({ fix }) => (fix ? [fix] : []));
  if (fixes.length > 0 && (run.prepare || (await agrees(terminal, run.yes ? null : question(fixes))))) {
    await prepare(run, fixes);
    const again = await run.observe();
    findings = deployFindings(wishes, again);
    terminal.say();
    if (!mayDeploy(findings)) tellFindings(terminal, again, findings);
  }
  if (!mayDeploy(findings) && !run.force) {
    terminal.say(`\n${terminal.colors.red("Nothing was changed.")} Put right what stands under "stop" above and run it again; --force goes on in spite of it.`);
    return { ok: false, findings, outputs: null };
  }
  if (!run.yes && !terminal.interactive) throw new OperatorError("Nobody can confirm a deployment here: add --yes, after a look at the checks above (--check).");

  terminal.say(terminal.colors.dim("\nBuilding the functions …"));
  await cdk.build();
  terminal.say(terminal.colors.dim("Synthesizing the stack …"));
  await cdk.synth(run.context);
  terminal.say(terminal.colors.dim(`Deploying ${wishes.stackName} …`));
  const outputs = await cdk.deploy(wishes.stackName, { askFirst: !run.yes });
  tellOutputs(terminal, outputs, wishes.stackName);
  return { ok: true, findings, outputs };
}

const ORDER = ["stop", "warning", "note"] as const;

function tellFindings(terminal: Terminal, { caller, region }: AccountObservation, findings: readonly DeployFinding[]): void {
  const { colors } = terminal;
  if (caller.kind === "known" && caller.account !== "") terminal.say(`Account ${caller.account}, region ${region ?? "none"}, as ${caller.arn}`);
  const paint = { stop: colors.red, warning: colors.yellow, note: colors.dim };
  for (const severity of ORDER) {
    for (const finding of findings.filter((found) => found.severity === severity)) {
      terminal.say(`\n${paint[severity](severity.padEnd(8))} ${finding.what}\n         ${finding.todo}`);
    }
  }
  if (findings.length === 0) terminal.say(colors.green("Nothing stands against a deployment."));
}

function question(fixes: readonly DeployFix[]): string {
  return `\nDo that now: ${fixes.map(wordsOfFix).join(", ")}? [y/N] `;
}

function wordsOfFix(fix: DeployFix): string {
  return fix.kind === "bootstrap" ? `bootstrap CDK in ${fix.account}/${fix.region}` : `create the service-linked role of ${fix.service}`;
}

/** `null` asks nothing: who says yes to a deployment has not said yes to changes of the account beside it. */
async function agrees(terminal: Terminal, text: string | null): Promise<boolean> {
  if (text === null || !terminal.interactive) return false;
  return /^y(?:es)?$/i.test(await terminal.ask(text));
}

async function prepare({ terminal, cdk, createServiceLinkedRole }: DeployRun, fixes: readonly DeployFix[]): Promise<void> {
  for (const fix of fixes) {
    terminal.say(terminal.colors.dim(`\nNow: ${wordsOfFix(fix)} …`));
    if (fix.kind === "bootstrap") await cdk.bootstrap(fix.account, fix.region);
    else await createServiceLinkedRole(fix.service);
  }
}

function tellOutputs(terminal: Terminal, outputs: Readonly<Record<string, string>>, stackName: string): void {
  const { NextStep = `npm run setup -- --stack ${stackName}`, ...others } = outputs;
  const width = Math.max(0, ...Object.keys(others).map((name) => name.length));
  terminal.say(`\n${terminal.colors.green(`${stackName} is deployed.`)}`);
  for (const [name, value] of Object.entries(others).sort()) terminal.say(`  ${name.padEnd(width)}  ${value}`);
  terminal.say(`\nNext: ${NextStep}`);
}
