import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { arch } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { installStandInAgent, type StandInAgentSettings } from "./install-stand-in-agent.ts";

/** A release of the agent as GitHub has it: one file with a name by architecture and version, and its checksum. */
export interface AgentRelease {
  readonly version: string;
  /** As the agent's assets call it. */
  readonly architecture: "x64" | "arm64";
  readonly sha256: string;
}

/**
 * Packs the stand-in agent below `directory` as `v<version>/actions-runner-linux-<architecture>-<version>.tar.gz`. The real agent brings its
 * own Node in `externals/`, and so does this one: the Node that runs this. Needs GNU tar; rejects with what it said.
 */
export async function packStandInRelease(directory: string, settings: StandInAgentSettings & { readonly version: string }): Promise<AgentRelease> {
  const { version } = settings;
  const architecture = arch() === "arm64" ? "arm64" : "x64";
  const agent = await mkdtemp(join(directory, "agent-"));
  await installStandInAgent(agent, settings);
  for (const node of ["node24", "node24_alpine"]) await mkdir(join(agent, "externals", node, "bin"), { recursive: true });
  await cp(process.execPath, join(agent, "externals", "node24", "bin", "node"));
  // The real ones are some 100 MB each; what matters here is who keeps them.
  await writeFile(join(agent, "externals", "node24_alpine", "bin", "node"), "a build for Alpine\n", { mode: 0o755 });
  const assets = join(directory, `v${version}`);
  await mkdir(assets, { recursive: true });
  const file = join(assets, `actions-runner-linux-${architecture}-${version}.tar.gz`);
  // The same content gives the same checksum, so that Docker's build cache holds.
  const same = ["--sort=name", "--mtime=@0", "--owner=0", "--group=0", "--numeric-owner"];
  await promisify(execFile)("tar", [...same, "--use-compress-program=gzip -n1", "-cf", file, "-C", agent, "."]);
  await rm(agent, { recursive: true });
  const sha256 = createHash("sha256").update(await readFile(file)).digest("hex");
  return { version, architecture, sha256 };
}
