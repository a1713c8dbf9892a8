import type { LaunchTarget, RunnerProfiles } from "../../app/core/runner-profiles.ts";
import { readRunnerProfiles } from "../../infra/read-runner-profiles.ts";
import { readStackSettings } from "../../infra/stack-settings.ts";
import { synthesizeTemplate } from "../../infra/synthesize-template.ts";

export const DEPLOYED_PROFILES: RunnerProfiles = readRunnerProfiles("infra/runner-profiles.yml");

export const SPOT_ARM64: LaunchTarget = { name: "spot-arm64", compute: "fargate-spot", architecture: "arm64" };
export const EC2_ARM64: LaunchTarget = { name: "ec2-arm64", compute: "ec2", architecture: "arm64" };

/** The deployed profiles, with further targets and a small profile for each. */
export function withTargets(...targets: readonly LaunchTarget[]): RunnerProfiles {
  const [small] = DEPLOYED_PROFILES.profiles;
  if (!small) throw new Error("no profile");
  const profiles = targets.map(({ name, compute }) => ({ ...small, name, default: false, labels: ["self-hosted", name], target: name, diskGiB: compute === "ec2" ? null : small.diskGiB }));
  return { profiles: [...DEPLOYED_PROFILES.profiles, ...profiles], targets: [...DEPLOYED_PROFILES.targets, ...targets] };
}

export interface Resource {
  readonly Type: string;
  readonly Properties: Record<string, unknown>;
}

export interface Statement {
  readonly Effect: "Allow" | "Deny";
  readonly Action: string | readonly string[];
  readonly Resource?: unknown;
  readonly Condition?: object;
  readonly Principal?: unknown;
}

export interface SynthesizedTemplate {
  readonly template: { readonly Resources: Readonly<Record<string, Resource>>; readonly Outputs: Readonly<Record<string, { readonly Value: unknown }>> };
  readonly stackName: string;
  ofType(type: string): readonly (Resource & { readonly id: string })[];
  /** The one resource whose logical id begins so. */
  one(type: string, idBegins: string): Resource & { readonly id: string };
  /** What the role of that logical id may do, by its policies. */
  statementsOf(roleId: string): readonly Statement[];
}

/** Synthesizes with context as the command line gives it. CDK's validation is for app.test.ts and test/templates. */
export function aTemplate(context: Readonly<Record<string, unknown>> = {}, profiles: RunnerProfiles = DEPLOYED_PROFILES): SynthesizedTemplate {
  const { template, stackName } = synthesizeTemplate(profiles, readStackSettings(context), { validated: false }) as { template: SynthesizedTemplate["template"]; stackName: string };
  const ofType = (type: string) =>
    Object.entries(template.Resources)
      .filter(([, resource]) => resource.Type === type)
      .map(([id, resource]) => ({ id, ...resource }));
  return {
    template,
    stackName,
    ofType,
    one(type, idBegins) {
      const found = ofType(type).filter(({ id }) => id.startsWith(idBegins));
      const [only] = found;
      if (!only || found.length > 1) throw new Error(`${found.length} of ${type} begin with ${idBegins}: ${ofType(type).map(({ id }) => id).join(", ")}`);
      return only;
    },
    statementsOf(roleId) {
      return ofType("AWS::IAM::Policy")
        .filter(({ Properties }) => (Properties["Roles"] as { Ref: string }[]).some(({ Ref }) => Ref === roleId))
        .flatMap(({ Properties }) => (Properties["PolicyDocument"] as { Statement: readonly Statement[] }).Statement);
    },
  };
}

export function actionsOf(statement: Statement): readonly string[] {
  return typeof statement.Action === "string" ? [statement.Action] : statement.Action;
}
