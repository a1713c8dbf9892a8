import { spawnSync } from "node:child_process";
import { copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { Script } from "../runner/start-script.ts";

export const REPOSITORY_URI = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/baton/runner";
export const SHA256 = { x64: "a".repeat(64), arm64: "b".repeat(64) };

interface GraphNode {
  readonly identifier: string;
  readonly "depend-on"?: readonly string[];
  readonly env: { readonly type: string; readonly "privileged-mode": boolean; readonly variables: Readonly<Record<string, string>> };
}
interface Buildspec {
  readonly phases: { readonly build: { readonly commands: readonly string[] } };
  readonly batch: { readonly "fast-fail": boolean; readonly "build-graph": readonly GraphNode[] };
}
export const buildspec = parse(readFileSync("runner-image/buildspec.yml", "utf8")) as Buildspec;

/** What keeps the build's scripts from running here, if anything does. */
export const missing = ["jq", "curl", "sha256sum"].find((program) => spawnSync(program, ["--version"]).status !== 0);

/** What the stand-ins do. */
const SCRIPTED = {
  "build-status": "0",
  "smoke-status": "0",
  "container-status": "15",
  "container-output": '{"event":"runner.ended","exitCode":15}\n',
  "image-bytes": "900000000",
  "pushed-media-type": "application/vnd.docker.distribution.manifest.v2+json",
};
export type Scripted = Partial<typeof SCRIPTED>;

export interface Ended {
  readonly status: number | NodeJS.Signals;
  readonly output: string;
}

/** CodeBuild's machines, one after another, over one ECR repository: the real buildspec and scripts, with stand-ins for `aws` and `docker`. */
export class BuildMachine {
  readonly #directory = mkdtempSync(join(tmpdir(), "baton-image-build-"));
  readonly #state = join(this.#directory, "state");
  readonly source = join(this.#directory, "source");

  constructor() {
    for (const folder of ["bin", "state", "state/tags", "state/manifests", "state/built", "state/batches", "state/refusals"]) mkdirSync(join(this.#directory, folder));
    for (const name of ["aws", "docker"]) copyFileSync(fileURLToPath(new URL(`./stand-in-${name}.sh`, import.meta.url)), join(this.#directory, "bin", name));
    spawnSync("chmod", ["+x", join(this.#directory, "bin/aws"), join(this.#directory, "bin/docker")]);
    cpSync("runner-image", this.source, { recursive: true });
    this.script(SCRIPTED);
  }

  script(scripted: Scripted): void {
    for (const [name, value] of Object.entries(scripted)) writeFileSync(join(this.#state, name), value);
  }

  refuse(operation: string, code: string): void {
    writeFileSync(join(this.#state, "refusals", operation), code);
  }

  /** Tag → digest, as ECR has them. */
  get tags(): Readonly<Record<string, string>> {
    return this.#files("tags");
  }

  /** Tag → the build arguments that image was built with. */
  get built(): Readonly<Record<string, string>> {
    return this.#files("built");
  }

  /** `aws …` and `docker …`, in order. */
  get calls(): readonly string[] {
    const file = join(this.#state, "calls");
    return existsSync(file) ? readFileSync(file, "utf8").trimEnd().split("\n") : [];
  }

  /** What the smoke test had run inside the image. */
  get ranInside(): string {
    return readFileSync(join(this.#state, "ran-inside"), "utf8");
  }

  manifest(tag: string): unknown {
    return JSON.parse(readFileSync(join(this.#state, "manifests", this.tags[tag] ?? "none"), "utf8"));
  }

  /** One build of a batch, as CodeBuild runs the buildspec's commands for it. */
  async build(identifier: string, batch: string, variables: Readonly<Record<string, string>> = {}): Promise<Ended> {
    const node = buildspec.batch["build-graph"].find((candidate) => candidate.identifier === identifier);
    if (!node) throw new Error(`the buildspec has no ${identifier}`);
    const id = `BatonImage:${identifier}-${batch}`;
    writeFileSync(join(this.#state, "batches", id), `arn:aws:codebuild:eu-west-1:123456789012:build-batch/BatonImage:${batch}\n`);
    return this.run({ ...node.env.variables, CODEBUILD_BUILD_ID: id, CODEBUILD_BATCH_BUILD_IDENTIFIER: identifier, ...variables });
  }

  /** The builds of a batch in the order of its graph, until one fails. */
  async batch(batch: string, variables: Readonly<Record<string, string>> = {}): Promise<readonly Ended[]> {
    const ended: Ended[] = [];
    for (const { identifier } of buildspec.batch["build-graph"]) {
      ended.push(await this.build(identifier, batch, variables));
      if (ended.at(-1)?.status !== 0) break;
    }
    return ended;
  }

  async run(variables: Readonly<Record<string, string>>): Promise<Ended> {
    const commands = join(this.#directory, "commands.sh");
    writeFileSync(commands, `set -e\n${buildspec.phases.build.commands.join("\n")}\n`);
    const script = new Script(commands, [], {
      cwd: this.source,
      env: {
        PATH: [join(this.#directory, "bin"), process.env["PATH"]].join(delimiter),
        STAND_IN_STATE: this.#state,
        REPOSITORY_URI,
        RETRY_SECONDS: "0",
        TMPDIR: this.#directory,
        ...variables,
      },
    });
    const status = await script.ended();
    return { status, output: script.stdout + script.stderr };
  }

  remove(): void {
    rmSync(this.#directory, { recursive: true, force: true });
  }

  #files(folder: string): Record<string, string> {
    const directory = join(this.#state, folder);
    return Object.fromEntries(readdirSync(directory).toSorted().map((name) => [name, readFileSync(join(directory, name), "utf8")]));
  }
}
