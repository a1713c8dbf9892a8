import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, inject, it } from "vitest";
import { docker, dockerOutput } from "./docker.ts";
import { RUNNER_IMAGE_DIRECTORY } from "./prepare-images.ts";

const { image, release } = inject("images");

/** What the build on AWS asks of an image before it pushes it. */
function smokeTest(tested: string): { readonly status: number | null; readonly output: string } {
  const { status, stdout, stderr } = spawnSync("bash", [join(RUNNER_IMAGE_DIRECTORY, "build/smoke-test.sh"), tested, release.version], { encoding: "utf8" });
  return { status, output: `${stdout}${stderr}` };
}

/** The image with one more line in its Dockerfile. */
function smokeTestWith(line: string): { readonly status: number | null; readonly output: string } {
  const directory = mkdtempSync(join(tmpdir(), "baton-smoke-"));
  try {
    writeFileSync(join(directory, "Dockerfile"), `FROM ${image}\n${line}\n`);
    dockerOutput("build", "--network=host", "--tag", "baton-test-spoilt", directory);
    return smokeTest("baton-test-spoilt");
  } finally {
    docker("image", "rm", "--force", "baton-test-spoilt");
    rmSync(directory, { recursive: true });
  }
}

describe("the smoke test of the build on AWS", () => {
  it.each([
    ["a user to start as", "USER 1001", "it starts as user 1001"],
    ["another user runner", "RUN sed -i 's/^runner:x:1001:/runner:x:1002:/' /etc/passwd", "there is no user runner with the id 1001"],
    ["an agent of another version", "RUN printf '#!/bin/sh\\necho 2.1.0\\n' >/opt/actions-runner/bin/Runner.Listener", "the agent says it is 2.1.0"],
    ["an agent that the runner user cannot start", "RUN chmod 0600 /opt/actions-runner/bin/Runner.Listener && chown 0 /opt/actions-runner/bin/Runner.Listener", "the agent does not start"],
    ["a program taken away", "RUN rm \"$(command -v jq)\"", "jq is missing"],
    ["an entrypoint that goes on without its variables", "RUN printf '#!/bin/sh\\nexit 0\\n' >/opt/baton/entrypoint.sh", "ended with 0 instead of 15"],
  ])("does not pass it with %s", (_, line, complaint) => {
    const { status, output } = smokeTestWith(line);
    expect(status, output).toBe(1);
    expect(output).toContain(complaint);
  });
});
