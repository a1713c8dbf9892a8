import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { afterEach, beforeEach, expect, it } from "vitest";
import { loadTemplate, TEMPLATE_SOURCES } from "../../infra/load-template.ts";
import { readRunnerProfiles } from "../../infra/read-runner-profiles.ts";
import { defaultStackSettings } from "../../infra/stack-settings.ts";

let directory: string;
beforeEach(() => (directory = mkdtempSync(join(tmpdir(), "baton-template-"))));
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const PROFILES = readRunnerProfiles("infra/runner-profiles.yml");

it("synthesizes once, takes it from the cache afterwards, and again when it is broken or an input has changed", async () => {
  const made = await loadTemplate(PROFILES, defaultStackSettings, directory);
  const [file = ""] = readdirSync(directory);
  expect(made).toMatchObject({ stackName: "Baton", template: { Resources: expect.any(Object) } });

  writeFileSync(join(directory, file), '{"from":"cache"}');
  expect(await loadTemplate(PROFILES, defaultStackSettings, directory)).toEqual({ stackName: "Baton", template: { from: "cache" } });

  writeFileSync(join(directory, file), '{"Resou');
  expect((await loadTemplate(PROFILES, defaultStackSettings, directory)).template).toEqual(made.template);

  const other = await loadTemplate(PROFILES, { ...defaultStackSettings, githubApiUrl: "https://ghes.example/api/v3" }, directory);
  expect(other.template).not.toEqual(made.template);
  expect(readdirSync(directory)).toHaveLength(2);
});

it("is synthesized from nothing but what the cache goes by", async () => {
  const { metafile } = await build({ entryPoints: ["infra/synthesize-template.ts"], bundle: true, packages: "external", platform: "node", format: "esm", write: false, metafile: true });
  const others = Object.keys(metafile.inputs).filter((file) => !TEMPLATE_SOURCES.some((pattern) => pattern.test(file)));
  expect(others).toEqual([]);
});

it("lists every fault of a profiles file with its place", () => {
  const file = join(directory, "profiles.yml");
  writeFileSync(file, "profiles:\n  - { name: UPPER, labels: [], target: gone, cpu: 1, memory: 2 }\ntargets:\n  - { name: t, compute: fargate, architecture: mips }\n");
  expect(() => readRunnerProfiles(file)).toThrow(/profiles\.yml has 3 fault\(s\):\n {2}profiles\.0\.name: [^]*profiles\.0\.labels: [^]*targets\.0\.architecture: /);
  writeFileSync(file, "profiles: [");
  expect(() => readRunnerProfiles(file)).toThrow(/profiles\.yml: /);
  expect(() => readRunnerProfiles(join(directory, "none.yml"))).toThrow(/none\.yml: ENOENT/);
});
