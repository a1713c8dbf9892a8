import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { docker, dockerOutput } from "./docker.ts";

/** The Debian release that, like the default base image, has Docker's buildx among its packages. */
const SUITE = "trixie";
export const BASE_IMAGE = `baton-test-base:${SUITE}`;

/** A minimal Debian, made from its packages since no registry may be in reach. Kept for the next run. */
export function makeBaseImage(): void {
  if (docker("image", "inspect", BASE_IMAGE).status === 0) return;
  const directory = mkdtempSync(join(tmpdir(), "baton-base-"));
  try {
    const archive = join(directory, "base.tar");
    execFileSync("mmdebstrap", ["--variant=minbase", "--format=tar", SUITE, archive], { stdio: ["ignore", "ignore", "pipe"] });
    dockerOutput("import", archive, BASE_IMAGE);
  } finally {
    rmSync(directory, { recursive: true });
  }
}
