import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, inject, it } from "vitest";
import { buildRunnerImage, ImageBuildError, type RunnerImageBuild } from "../../../app/local/runner-image/build-runner-image.ts";
import { rejectionOf } from "../../support/rejection-of.ts";
import { plainCredential } from "../../support/runner/start-runner-task.ts";
import { docker, dockerOutput, inImage, layersOf } from "./docker.ts";
import { BASE_IMAGE } from "./make-base-image.ts";
import { RUNNER_IMAGE_DIRECTORY } from "./prepare-images.ts";

const { downloadUrl, release, nextRelease, image } = inject("images");

function build(tag: string, changes: Partial<RunnerImageBuild> = {}): Promise<string> {
  return buildRunnerImage({
    context: RUNNER_IMAGE_DIRECTORY,
    tag,
    release,
    downloadUrl,
    baseImage: BASE_IMAGE,
    environment: { DOCKER_BUILDKIT: "0" },
    ...changes,
  });
}

async function refusal(changes: Partial<RunnerImageBuild>): Promise<string> {
  const { output } = await rejectionOf(build("baton-test-refused", changes), ImageBuildError);
  expect(docker("image", "inspect", "baton-test-refused").status).not.toBe(0);
  return output;
}

describe("building the runner image", () => {
  it("fails for a release whose checksum is another, and says both", async () => {
    const wrong = "0".repeat(64);
    const output = await refusal({ release: { ...release, sha256: wrong } });
    expect(output).toContain(`is ${release.sha256}, but RUNNER_SHA256_${release.architecture.toUpperCase()} says ${wrong}`);
  });

  it("fails without a checksum or a version, by the argument's name", async () => {
    expect(await refusal({ release: { version: release.version } })).toContain(`RUNNER_SHA256_${release.architecture.toUpperCase()} is missing`);
    expect(await refusal({ release: { ...release, version: "" } })).toContain("RUNNER_VERSION is missing");
    const [other, argument] = release.architecture === "x64" ? ["arm64", "RUNNER_SHA256_ARM64"] : ["amd64", "RUNNER_SHA256_X64"];
    expect(await refusal({ buildArguments: { TARGETARCH: other } })).toContain(`${argument} is missing`);
  });

  it("fails for a release that is not there, and for an architecture that the agent is not built for", async () => {
    expect(await refusal({ release: { ...release, version: "2.1.0" } })).toContain(`could not be fetched from ${downloadUrl}/v2.1.0/`);
    expect(await refusal({ buildArguments: { TARGETARCH: "riscv64" } })).toContain("actions/runner has no release for riscv64");
  });

  it("another version of the agent changes one layer, the last, and runs nothing again but its download", async () => {
    const output = await build("baton-test-runner:2.337.0", { release: nextRelease });
    const [before, after] = [layersOf(image), layersOf("baton-test-runner:2.337.0")];
    expect(after.slice(0, -1)).toEqual(before.slice(0, -1));
    expect(after.at(-1)).not.toBe(before.at(-1));
    // A step of the classic builder without "Using cache" is one that it ran.
    const ran = output.split(/^Step \d+\/\d+ : /m).filter((step) => step.includes("Running in") && !step.includes("Using cache"));
    expect(ran.filter((step) => /apt-get|installdependencies/.test(step))).toEqual([]);
  });

  it("another entrypoint leaves the layers below it alone", () => {
    const layers = dockerOutput("history", "--no-trunc", "--format", "{{.CreatedBy}}", image).split("\n").toReversed();
    const place = (text: string) => layers.findIndex((layer) => layer.includes(text));
    expect(place("apt-get install")).toBeLessThan(place("entrypoint.sh"));
    expect(place("installdependencies.sh  &&")).toBeGreaterThan(-1);
    expect(place("installdependencies.sh  &&")).toBeLessThan(place("/opt/baton/entrypoint.sh"));
    expect(place("/opt/baton/entrypoint.sh")).toBeLessThan(place("/opt/actions-runner"));
  });

  it("keeps to its budget, of which the size check tells", () => {
    const check = (...args: readonly string[]) => spawnSync(join(RUNNER_IMAGE_DIRECTORY, "image-size.sh"), args, { encoding: "utf8" });
    const kept = check(image);
    expect(kept.stdout).toMatch(/MB {2}in all; the budget is 1000 MB/);
    expect(kept.status).toBe(0);
    process.stdout.write(kept.stdout);
    expect(check(image, "100").status).toBe(1);
  });

  it("passes the smoke test that its build on AWS ends with", () => {
    const smoke = (version: string) => spawnSync("bash", [join(RUNNER_IMAGE_DIRECTORY, "build/smoke-test.sh"), image, version], { encoding: "utf8" });
    expect(smoke(release.version)).toMatchObject({ status: 0, stdout: expect.stringContaining("passed, agent 2.336.0") });
    expect(smoke("2.999.0").status).toBe(1);
  });

  it("adds less than 200 MB to its base and the agent", () => {
    const sizes = dockerOutput("history", "--no-trunc", "--human=false", "--format", "{{.Size}} {{.CreatedBy}}", image)
      .split("\n")
      .filter((line) => !line.includes("/opt/actions-runner"))
      .map((line) => Number(line.split(" ")[0]));
    const base = Number(dockerOutput("image", "inspect", "--format", "{{.Size}}", BASE_IMAGE));
    const added = sizes.reduce((total, size) => total + size, 0) - base;
    expect(added).toBeGreaterThan(50e6);
    expect(added).toBeLessThan(200e6);
  });

  it("BuildKit takes the same Dockerfile", async ({ skip }) => {
    // Debian's own client has BuildKit built in up to 20.10, later ones need buildx.
    const client = ["docker", "/usr/bin/docker"].find((name) => {
      const { stdout } = spawnSync(name, ["version", "--format", "{{.Client.Version}}"], { encoding: "utf8" });
      return spawnSync(name, ["buildx", "version"]).status === 0 || Number.parseInt(stdout, 10) < 23;
    });
    if (client === undefined) return skip("no docker command here speaks BuildKit: it wants the plugin buildx");
    const output = await build("baton-test-runner:buildkit", { docker: client, environment: { DOCKER_BUILDKIT: "1" } });
    expect(output).toMatch(/^#\d+ /m);
    expect(inImage("baton-test-runner:buildkit", "stat -c %U /opt/actions-runner /opt/actions-runner/run.sh")).toBe("runner\nrunner");
  });

  it("with a C toolchain, where asked for", async () => {
    await build("baton-test-runner:c", { buildArguments: { C_TOOLCHAIN: "1" } });
    expect(inImage("baton-test-runner:c", "echo 'int main(void) { return 42; }' >a.c && cc -o a a.c && { ./a; echo $?; }")).toBe("42");
    expect(inImage(image, "command -v cc || echo none")).toBe("none");
  });
});

describe("the runner image", () => {
  it("has a user runner, 1001, and itself starts as root", () => {
    expect(inImage(image, "id -u runner; id -g runner; id -u")).toBe("1001\n1001\n0");
    expect(dockerOutput("image", "inspect", "--format", "{{.Config.User}}|{{.Config.Healthcheck}}|{{json .Config.Entrypoint}}", image)).toBe('|<nil>|["/opt/baton/entrypoint.sh"]');
  });

  it("has what workflows and the entrypoint call", () => {
    const commands = "git curl jq unzip tar zstd sudo tini setpriv gzip xz zip ssh ps openssl";
    expect(inImage(image, `for name in ${commands}; do command -v $name >/dev/null || echo no $name; done; test -s /etc/ssl/certs/ca-certificates.crt || echo no certificates`)).toBe("");
  });

  it("has what the agent's own list names", () => {
    expect(inImage(image, "dpkg --get-selections | grep -c '^liblttng-ust1'")).toBe("1");
  });

  it("has the agent for user runner, without what only Docker could run, and says its version", () => {
    expect(inImage(image, "find /opt/actions-runner ! -user runner | wc -l; ls /opt/actions-runner/externals; echo $RUNNER_VERSION")).toBe("0\nnode24\n2.336.0");
  });

  it("keeps no package cache, no list and no download", () => {
    expect(inImage(image, "find /var/lib/apt/lists /var/cache/apt /tmp /var/tmp /opt/actions-runner -type f -size +0 \\( -path '/var/*' -o -path '/tmp/*' -o -name '*.tar.gz' -o -name '*.deb' \\) | wc -l")).toBe("0");
  });
});

describe("the image for privileged compute", () => {
  it("has Docker's command, buildx and the daemon, and the whole agent", async () => {
    await build("baton-test-runner:docker", { target: "docker" });
    expect(inImage("baton-test-runner:docker", "docker --version && docker buildx version && dockerd --version && id -Gn runner && ls /opt/actions-runner/externals")).toMatch(
      /Docker version[^]*buildx[^]*Docker version[^]*runner docker\nnode24\nnode24_alpine$/,
    );
  });

  it("ends with 15 where it cannot have a daemon, before it registers", () => {
    const required = ["NAME=a", "URL=https://github.test/acme", "LABELS=a", "GROUP=Default", "REGISTRATION=token", "JOB_ID=1", "LAUNCH=1", "TARGET=t", "IDLE_TIMEOUT_SECONDS=1"];
    const environment = [...required.map((entry) => `RUNNER_${entry}`), `RUNNER_CREDENTIAL=${plainCredential("ATOKEN")}`, "BATON_LOCAL=1"];
    const { status, output } = docker("run", "--rm", "--network=host", ...environment.flatMap((entry) => ["-e", entry]), "baton-test-runner:docker");
    expect(status).toBe(15);
    expect(output).toContain('"reason":"docker-unavailable"');
    expect(output).not.toContain("runner.registered");
  });
});
