import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App } from "aws-cdk-lib";
import type { RunnerProfiles } from "../app/core/runner-profiles.ts";
import { BatonStack } from "./baton-stack.ts";
import type { StackSettings } from "./stack-settings.ts";

export interface SynthesizedStack {
  /** The CloudFormation template, as it is deployed. */
  readonly template: object;
  readonly stackName: string;
}

/**
 * Synthesizes the stack in process, offline. Takes about 2.5 s, most of it loading the CDK. Throws what a construct or CDK's
 * validation finds wrong.
 *
 * @param outputDirectory where the cloud assembly is written and stays; without it nothing is left behind.
 */
export function synthesizeTemplate(profiles: RunnerProfiles, settings: StackSettings, outputDirectory?: string): SynthesizedStack {
  if (outputDirectory !== undefined) return synthesizeInto(outputDirectory, profiles, settings);
  const temporary = mkdtempSync(join(tmpdir(), "baton-synth-"));
  try {
    return synthesizeInto(temporary, profiles, settings);
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

function synthesizeInto(outdir: string, profiles: RunnerProfiles, settings: StackSettings): SynthesizedStack {
  const app = new App({
    outdir,
    // The metadata resource would bring conditions and a table of regions into the template.
    analyticsReporting: false,
    context: {
      // Validation findings stop the synth instead of printing a warning.
      "@aws-cdk/core:validateAgainstDefaultRules": true,
    },
  });
  const stack = new BatonStack(app, settings.stackName, {
    stackName: settings.stackName,
    description: "Baton: self-hosted GitHub Actions runners",
    profiles,
    githubApiUrl: settings.githubApiUrl,
  });
  const template: unknown = app.synth().getStackByName(stack.stackName).template;
  return { template: template as object, stackName: stack.stackName };
}
