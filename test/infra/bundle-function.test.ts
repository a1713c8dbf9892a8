import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, it } from "vitest";
import { bundleFunction } from "../../infra/bundles/bundle-function.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "baton-bundle-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const ENVIRONMENT = {
  OAUTH_SECRET_ID: "baton/oauth",
  JOBS_TABLE: "jobs",
  RUNNER_CLUSTER: "baton",
  AWS_REGION: "us-east-1",
  RUNNER_PROFILES: JSON.stringify({ targets: [{ name: "x", compute: "fargate", architecture: "x64" }], profiles: [{ name: "small", labels: ["self-hosted"], target: "x", cpu: 1024, memory: 2048 }] }),
};

it("the admin function's bundle is one file that needs no other: page, style and script come from it alone", async () => {
  await bundleFunction("app/main.admin.ts", join(directory, "index.cjs"));
  writeFileSync(
    join(directory, "call.cjs"),
    `const { handler } = require("./index.cjs");
     const get = (rawPath) => handler({ rawPath, rawQueryString: "", headers: {}, requestContext: { domainName: "abc.lambda-url.us-east-1.on.aws", http: { method: "GET", sourceIp: "192.0.2.1" } } }, {});
     (async () => {
       const page = await get("/sign-in");
       const assets = [...page.body.matchAll(/"(\\/assets\\/[^"]+)"/g)].map(([, path]) => path);
       const answers = await Promise.all(assets.map(get));
       console.log(JSON.stringify({ status: page.statusCode, assets: answers.map(({ statusCode, headers, body }) => [statusCode, headers["content-type"], body.length > 100]) }));
     })();`,
  );
  const { stdout } = await promisify(execFile)(process.execPath, ["call.cjs"], { cwd: directory, env: ENVIRONMENT });
  expect(JSON.parse(stdout)).toEqual({ status: 200, assets: [[200, "text/css; charset=utf-8", true], [200, "text/javascript; charset=utf-8", true]] });
}, 30_000);

it("a bundle is not made of code that looks for a file at run time", async () => {
  const entry = join(directory, "app", "main.ts");
  mkdirSync(join(directory, "app"));
  writeFileSync(entry, 'import { readFile } from "node:fs/promises";\nexport const text = () => readFile(new URL("./beside.txt", import.meta.url), "utf8");\n');
  await expect(bundleFunction(entry, join(directory, "index.cjs"))).rejects.toThrow("looks for a file in another form");
});
