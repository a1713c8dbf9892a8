import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { RunnerProfiles } from "../app/core/runner-profiles.ts";
import type { StackSettings } from "./stack-settings.ts";
import type { SynthesizedStack } from "./synthesize-template.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

/**
 * The synthesized template, from `cacheDirectory` when the same sources, CDK and inputs have made it before: synthesis takes 1.5 to 4 s,
 * a hit a few milliseconds and no load of the CDK. A missing or broken cache costs only the synthesis.
 */
export async function loadTemplate(profiles: RunnerProfiles, settings: StackSettings, cacheDirectory = join(root, "cdk.out", "by-content")): Promise<SynthesizedStack> {
  const file = join(cacheDirectory, `${contentKey(profiles, settings)}.json`);
  const cached = readTemplate(file);
  if (cached) return { template: cached, stackName: settings.stackName };

  const { synthesizeTemplate } = await import("./synthesize-template.ts");
  // A laptop deploys nothing, and `npm run synth` validates what is deployed.
  const made = synthesizeTemplate(profiles, settings, { validated: false });
  mkdirSync(cacheDirectory, { recursive: true });
  // Renamed into place, so that a second process never reads half a template.
  const temporary = `${file}.${process.pid}`;
  writeFileSync(temporary, JSON.stringify(made.template));
  renameSync(temporary, file);
  return made;
}

function readTemplate(file: string): object | null {
  try {
    const template: unknown = JSON.parse(readFileSync(file, "utf8"));
    return typeof template === "object" ? template : null;
  } catch {
    return null;
  }
}

/** Where the sources lie that decide a template; load-template.test.ts holds this against what is imported. */
export const TEMPLATE_SOURCES: readonly RegExp[] = [/^infra\//, /^app\/(core|aws)\//, /^app\/[^/]+\.ts$/];

/** All that decides the template: the inputs, the sources, and the installed CDK. */
function contentKey(profiles: RunnerProfiles, settings: StackSettings): string {
  const hash = createHash("sha256").update(JSON.stringify([profiles, settings]));
  const sources = ["infra", "app"].flatMap(typescriptFiles).filter(isTemplateSource).concat("node_modules/aws-cdk-lib/package.json");
  for (const source of sources.sort()) hash.update(`\0${source}\0`).update(readFileSync(join(root, source)));
  return hash.digest("hex").slice(0, 32);
}

function isTemplateSource(file: string): boolean {
  return TEMPLATE_SOURCES.some((pattern) => pattern.test(file));
}

function typescriptFiles(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => `${folder}/${name}`);
}
