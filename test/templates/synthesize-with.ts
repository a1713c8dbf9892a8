import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App, Validations, type IPolicyValidationPlugin } from "aws-cdk-lib";
import type { RunnerProfiles } from "../../app/core/runner-profiles.ts";
import { noFunctionCode } from "../../infra/function-code.ts";
import { readStackSettings } from "../../infra/stack-settings.ts";
import { addBatonStack, CDK_CONTEXT } from "../../infra/synthesize-template.ts";

/** One line for each finding: rule and place. */
export type Findings = readonly string[];

interface Report {
  readonly pluginReports: readonly {
    readonly violations: readonly { readonly ruleName: string; readonly violatingConstructs: readonly { readonly constructPath?: string }[] }[];
  }[];
}

/** Synthesizes in process with the checkers as the CDK runs them, and returns what they find unexplained. */
export function findingsOf(profiles: RunnerProfiles, context: Readonly<Record<string, unknown>>, checkers: (app: App) => readonly IPolicyValidationPlugin[]): Findings {
  const outdir = mkdtempSync(join(tmpdir(), "baton-templates-"));
  try {
    const app = new App({ outdir, context: CDK_CONTEXT, analyticsReporting: false });
    addBatonStack(app, profiles, readStackSettings(context), noFunctionCode);
    Validations.of(app).addPlugins(...checkers(app));
    synthesizeQuietly(app);
    const { pluginReports } = JSON.parse(readFileSync(join(outdir, "validation-report.json"), "utf8")) as Report;
    return pluginReports.flatMap(({ violations }) =>
      violations.flatMap(({ ruleName, violatingConstructs }) => violatingConstructs.map(({ constructPath }) => `${ruleName} at ${constructPath}`)),
    );
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}

/** The CDK prints its report, and throws for some findings only. */
function synthesizeQuietly(app: App): void {
  const said = console.error;
  console.error = () => {};
  try {
    app.synth();
  } catch (error) {
    if (!(error instanceof Error) || error.name !== "ValidationFailed") throw error;
  } finally {
    console.error = said;
  }
}
