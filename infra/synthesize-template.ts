import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App } from "aws-cdk-lib";
import recommendedFlags from "aws-cdk-lib/recommended-feature-flags.json" with { type: "json" };
import type { RunnerProfiles } from "../app/core/runner-profiles.ts";
import { BatonStack } from "./baton-stack.ts";
import { checkEc2Fit } from "./check-ec2-fit.ts";
import { noFunctionCode, type FunctionCode } from "./function-code.ts";
import type { StackSettings } from "./stack-settings.ts";

export interface SynthesizedStack {
  /** The CloudFormation template, as it is deployed. */
  readonly template: object;
  readonly stackName: string;
}

/** How CDK works for this stack, wherever it is synthesized. */
export const CDK_CONTEXT: Readonly<Record<string, unknown>> = {
  // What `cdk init` gives a project of this version.
  ...recommendedFlags,
  // Would empty the VPC's default security group by a function of its own; nothing of ours is in that group.
  "@aws-cdk/aws-ec2:restrictDefaultSecurityGroup": false,
  // Validation findings stop the synth instead of printing a warning.
  "@aws-cdk/core:validateAgainstDefaultRules": true,
};

/** The stack in an app of the caller's. Throws `StackSettingsError` for settings that do not go with the profiles. */
export function addBatonStack(app: App, profiles: RunnerProfiles, settings: StackSettings, functionCode: FunctionCode): BatonStack {
  checkEc2Fit(profiles, settings);
  return new BatonStack(app, settings.stackName, {
    stackName: settings.stackName,
    description: "Baton: self-hosted GitHub Actions runners",
    profiles,
    settings,
    functionCode,
  });
}

export interface SynthesisOptions {
  /** Whether CDK holds the template against its own rules, which takes two thirds of the time. */
  readonly validated: boolean;
}

/**
 * Synthesizes the stack in process, offline, without the functions' code: for whoever reads the template. Takes about 1.5 s, or 3 s
 * validated, most of it loading the CDK and its rules. Throws what a construct or CDK's validation finds wrong. Leaves no files behind.
 */
export function synthesizeTemplate(profiles: RunnerProfiles, settings: StackSettings, { validated }: SynthesisOptions): SynthesizedStack {
  const outdir = mkdtempSync(join(tmpdir(), "baton-synth-"));
  try {
    // The metadata resource would bring conditions and a table of regions into the template.
    const app = new App({ outdir, analyticsReporting: false, context: CDK_CONTEXT, builtinCloudFormationValidation: validated });
    const { stackName } = addBatonStack(app, profiles, settings, noFunctionCode);
    const template: unknown = app.synth().getStackByName(stackName).template;
    return { template: template as object, stackName };
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}
