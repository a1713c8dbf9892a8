import { readFileSync, statSync, chmodSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { BuildMachine, buildspec, missing, REPOSITORY_URI, SHA256 } from "../../support/image-build/a-build-machine.ts";
import { startStubHttpServer, type StubHttpServer } from "../../support/stub-http-server.ts";

const FIRST = "11111111-aaaa-4bbb-8ccc-dddddddddddd";
const SECOND = "22222222-aaaa-4bbb-8ccc-dddddddddddd";
const GIVEN = { RUNNER_VERSION: "2.336.0", RUNNER_SHA256_X64: SHA256.x64, RUNNER_SHA256_ARM64: SHA256.arm64 };

const file = (architecture: "x64" | "arm64", version = "2.336.0") => `actions-runner-linux-${architecture}-${version}.tar.gz`;
const aRelease = (changes: object = {}) => ({
  tag_name: "v2.336.0",
  body: "notes",
  assets: (["x64", "arm64"] as const).map((architecture) => ({ name: file(architecture), digest: `sha256:${SHA256[architecture]}` })),
  ...changes,
});

describe.skipIf(missing !== undefined)(missing === undefined ? "the image build" : `the image build (left out: ${missing} is not installed)`, () => {
  let machine: BuildMachine;
  let github: StubHttpServer;
  beforeEach(async () => {
    machine = new BuildMachine();
    github = await startStubHttpServer();
  });
  afterEach(async () => {
    machine.remove();
    await github.close();
  });
  const asking = (version = "") => ({ RELEASES_API_URL: github.origin, ...(version && { RUNNER_VERSION: version }) });

  it("pushes one image of two architectures, under its version, its build and latest", async () => {
    const ended = await machine.batch(FIRST, GIVEN);
    expect(ended.map(({ status }) => status), ended.at(-1)?.output).toEqual([0, 0, 0]);
    const { tags, built } = machine;
    expect(Object.keys(tags).toSorted()).toEqual(["2.336.0", "2.336.0-arm64-11111111", "2.336.0-build-11111111", "2.336.0-x64-11111111", "latest"]);
    expect(new Set([tags["latest"], tags["2.336.0"], tags["2.336.0-build-11111111"]]).size).toBe(1);
    expect(machine.manifest("latest")).toMatchObject({
      mediaType: "application/vnd.docker.distribution.manifest.list.v2+json",
      manifests: [
        { digest: tags["2.336.0-x64-11111111"], platform: { architecture: "amd64", os: "linux" } },
        { digest: tags["2.336.0-arm64-11111111"], platform: { architecture: "arm64", os: "linux" } },
      ],
    });
    const given = `RUNNER_SHA256_ARM64=${SHA256.arm64}\nRUNNER_SHA256_X64=${SHA256.x64}\nRUNNER_VERSION=2.336.0\n`;
    expect(built).toEqual({ "2.336.0-x64-11111111": `${given}TARGETARCH=amd64\n`, "2.336.0-arm64-11111111": `${given}TARGETARCH=arm64\n` });
  });

  it("makes an OCI index of OCI images", async () => {
    machine.script({ "pushed-media-type": "application/vnd.oci.image.manifest.v1+json" });
    await machine.batch(FIRST, GIVEN);
    expect(machine.manifest("latest")).toMatchObject({ mediaType: "application/vnd.oci.image.index.v1+json", manifests: [{ mediaType: "application/vnd.oci.image.manifest.v1+json" }, {}] });
  });

  it("builds the same version again for a changed source: latest moves, the version's first image keeps its tag", async () => {
    await machine.batch(FIRST, GIVEN);
    const before = machine.tags;
    const ended = await machine.batch(SECOND, { ...GIVEN, BASE_IMAGE: "public.ecr.aws/docker/library/ubuntu:26.04" });
    expect(ended.map(({ status }) => status), ended.at(-1)?.output).toEqual([0, 0, 0]);
    const { tags } = machine;
    expect(tags).toMatchObject(Object.fromEntries(Object.entries(before).filter(([tag]) => tag !== "latest")));
    expect(tags["latest"]).toBe(tags["2.336.0-build-22222222"]);
    expect(tags["latest"]).not.toBe(before["latest"]);
  });

  it("can be tried again, step by step, within its batch", async () => {
    await machine.batch(FIRST, GIVEN);
    const before = machine.tags;
    const ended = await machine.batch(FIRST, GIVEN);
    expect(ended.map(({ status }) => status), ended.at(-1)?.output).toEqual([0, 0, 0]);
    expect(machine.tags).toEqual(before);
    expect(machine.calls.filter((call) => call.startsWith("docker build "))).toHaveLength(2);
  });

  it.each([
    ["does not build", { "build-status": "1" }],
    ["does not start the agent", { "smoke-status": "1" }],
    ["does not end with 15 for want of an environment", { "container-status": "0" }],
    ["does not say why it ended", { "container-output": "Segmentation fault" }],
  ])("pushes no image that %s", async (_, fault) => {
    machine.script(fault);
    const { status } = await machine.build("x64", FIRST, GIVEN);
    expect(status).not.toBe(0);
    expect(machine.tags).toEqual({});
  });

  it("tries the image without network before it logs in anywhere", async () => {
    await machine.build("arm64", FIRST, GIVEN);
    const calls = machine.calls.filter((call) => call.startsWith("docker "));
    expect(calls.map((call) => call.split(" ")[1])).toEqual(["build", "run", "run", "history", "image", "login", "push"]);
    for (const run of calls.slice(1, 3)) expect(run).toContain(" --network none ");
    // What runs inside is given on stdin: nothing of the build is left in the image.
    expect(machine.ranInside).toContain("Runner.Listener --version");
    expect(calls[5]).toBe(`docker login --username AWS --password-stdin ${REPOSITORY_URI.split("/")[0]}`);
  });

  it("says what the image weighs, and publishes one that is over its budget all the same", async () => {
    const { output: kept } = await machine.build("x64", FIRST, GIVEN);
    expect(kept).toContain("900.0 MB  in all; the budget is 1000 MB");
    machine.script({ "image-bytes": "1200000000" });
    const { status, output } = await machine.build("arm64", FIRST, GIVEN);
    expect(output).toContain("over its size budget; it is published all the same");
    expect(status).toBe(0);
  });

  it("publishes nothing while an architecture is missing", async () => {
    await machine.build("x64", FIRST, GIVEN);
    const { status, output } = await machine.build("publish", FIRST, GIVEN);
    expect(status).toBe(1);
    expect(output).toContain("baton/runner has no 2.336.0-arm64-11111111");
    expect(Object.keys(machine.tags)).toEqual(["2.336.0-x64-11111111"]);
  });

  it.each([
    ["describe-images", "AccessDeniedException", "x64"],
    ["put-image", "AccessDeniedException", "publish"],
    ["batch-get-image", "RepositoryNotFoundException", "publish"],
    ["batch-get-builds", "AccessDeniedException", "publish"],
  ])("says so when ECR or CodeBuild refuses %s with %s", async (operation, code, step) => {
    if (step === "publish") for (const architecture of ["x64", "arm64"]) await machine.build(architecture, FIRST, GIVEN);
    machine.refuse(operation, code);
    const { status, output } = await machine.build(step, FIRST, GIVEN);
    expect(status).not.toBe(0);
    expect(output).toContain(code);
    expect(machine.tags["latest"]).toBeUndefined();
  });

  it("makes executable what the source did not keep so", async () => {
    const entrypoint = join(machine.source, "entrypoint.sh");
    chmodSync(entrypoint, 0o644);
    await machine.build("x64", FIRST, GIVEN);
    expect(statSync(entrypoint).mode & 0o777).toBe(0o755);
  });

  it("says how to start it when it was not started as a batch", async () => {
    const { status, output } = await machine.run({ CODEBUILD_BUILD_ID: "BatonImage:1", ...GIVEN });
    expect(status).toBe(1);
    expect(output).toContain("aws codebuild start-build-batch --project-name BatonImage");
  });

  describe("without a version", () => {
    it("takes the newest release and its published checksums", async () => {
      github.answer({ json: aRelease() });
      expect(await machine.build("x64", FIRST, asking())).toMatchObject({ status: 0 });
      expect(github.requests[0]).toMatchObject({ method: "GET", path: "/repos/actions/runner/releases/latest" });
      expect(github.requests[0]?.headers["authorization"]).toBeUndefined();
      expect(machine.built[`2.336.0-x64-11111111`]).toContain(`RUNNER_SHA256_X64=${SHA256.x64}`);
    });

    it("waits out a rate limit and an outage", async () => {
      github.answer({ status: 403, json: { message: "API rate limit exceeded" } }, { status: 429 }, { status: 502 }, "reset", { json: aRelease() });
      const { status, output } = await machine.build("x64", FIRST, asking());
      expect(status, output).toBe(0);
      expect(github.requests).toHaveLength(5);
    });

    it("gives up in the end, and says what to give it", async () => {
      github.answer(...Array.from({ length: 6 }, () => ({ status: 403 })));
      const { status, output } = await machine.build("x64", FIRST, asking());
      expect(status).toBe(1);
      expect(output).toContain("or give it RUNNER_VERSION, RUNNER_SHA256_X64 and RUNNER_SHA256_ARM64");
      expect(machine.built).toEqual({});
    });

    it.each([[{ tag_name: "v3.0.0-beta" }], [{ tag_name: "$(id)" }], [{}]])("builds nothing of %j", async (release) => {
      github.answer({ json: release });
      const { status, output } = await machine.build("x64", FIRST, asking());
      expect(status).toBe(1);
      expect(output).toContain("that is no release");
    });

    it("notices that a release came between two architectures", async () => {
      github.answer({ json: aRelease() }, { json: aRelease() }, { json: aRelease({ tag_name: "v2.337.0", assets: aRelease().assets.map((asset) => ({ ...asset, name: asset.name.replace("2.336.0", "2.337.0") })) }) });
      const ended = await machine.batch(FIRST, asking());
      expect(ended.map(({ status }) => status)).toEqual([0, 0, 1]);
      expect(ended[2]?.output).toContain("has no 2.337.0-x64-11111111");
    });
  });

  describe("with a version alone", () => {
    it("asks for that release's checksums", async () => {
      github.answer({ json: aRelease() });
      expect(await machine.build("x64", FIRST, asking("v2.336.0"))).toMatchObject({ status: 0 });
      expect(github.requests.map(({ path }) => path)).toEqual(["/repos/actions/runner/releases/tags/v2.336.0"]);
    });

    it("takes them from the release's notes where its files have none", async () => {
      const notes = (["x64", "arm64"] as const).map((architecture) => `- ${file(architecture)} <!-- BEGIN SHA linux-${architecture} -->${SHA256[architecture]}<!-- END SHA linux-${architecture} -->`).join("\n");
      github.answer({ json: aRelease({ body: notes, assets: [] }) });
      expect(await machine.build("arm64", FIRST, asking("2.336.0"))).toMatchObject({ status: 0 });
      expect(machine.built[`2.336.0-arm64-11111111`]).toContain(`RUNNER_SHA256_ARM64=${SHA256.arm64}`);
    });

    it("builds nothing that has no checksum", async () => {
      github.answer({ json: aRelease({ assets: [] }) });
      const { status, output } = await machine.build("arm64", FIRST, asking("2.336.0"));
      expect(status).toBe(1);
      expect(output).toContain('RUNNER_SHA256_X64 is "", which is no SHA-256');
    });

    it.each([
      ["2.336", "use a release such as 2.336.0"],
      ["9.9.9", "there is no such release"],
    ])("refuses %s", async (version, complaint) => {
      github.answer({ status: 404, json: { message: "Not Found" } });
      const { status, output } = await machine.build("x64", FIRST, asking(version));
      expect(status).toBe(1);
      expect(output).toContain(complaint);
    });
  });
});

describe("the buildspec", () => {
  const graph = buildspec.batch["build-graph"];

  it("builds each architecture on a machine of its own, and publishes after both", () => {
    expect(graph.map(({ identifier, env, ...node }) => [identifier, env.type, env["privileged-mode"], node["depend-on"] ?? []])).toEqual([
      ["x64", "LINUX_CONTAINER", true, []],
      ["arm64", "ARM_CONTAINER", true, []],
      ["publish", "LINUX_CONTAINER", false, ["x64", "arm64"]],
    ]);
  });

  it("ends one architecture's build when the other's has failed", () => {
    expect(buildspec.batch["fast-fail"]).toBe(true);
  });

  it("names scripts that are there", () => {
    const scripts = readdirSync("runner-image/build");
    for (const { env } of graph) expect(scripts).toContain(`${env.variables["STEP"]}.sh`);
    expect(buildspec.phases.build.commands.join()).toContain("start-as-batch");
    expect(scripts).toContain("start-as-batch.sh");
  });

  it("keeps itself and its scripts out of the image", () => {
    const context = readFileSync("runner-image/.dockerignore", "utf8").split("\n");
    expect(context[0]).toBe("*");
    expect(context.join()).not.toMatch(/build/);
  });
});
