import { afterEach, beforeEach, expect, it } from "vitest";
import { createAppHook } from "../../app/github/app-hook.ts";
import { GithubError } from "../../app/ports.ts";
import { rejectionOf } from "../support/rejection-of.ts";
import { appOctokitAt } from "./app-octokit-at.ts";
import { startGithubStub, type GithubStub } from "./github-stub.ts";

const CONFIG = "GET /app/hook/config";

let github: GithubStub;
beforeEach(async () => {
  github = await startGithubStub();
});
afterEach(async () => {
  await github[Symbol.asyncDispose]();
});
const read = () => createAppHook({ octokit: appOctokitAt(github) }).read();

it("the App's hook is read as the App, without its secret", async () => {
  github.on(CONFIG, { status: 200, body: { content_type: "json", insecure_ssl: "0", secret: "********", url: "https://hooks.example/" } });
  expect(await read()).toEqual({ url: "https://hooks.example/", active: true });
  expect(github.requests.map(({ headers }) => headers.authorization)).toEqual([expect.stringMatching(/^bearer eyJ/)]);
});

it.each([
  ["has no address", { status: 200, body: { content_type: "json" } }],
  ["is not there", { status: 404, body: { message: "Not Found" } }],
])("an App whose hook %s has none", async (_, answer) => {
  github.on(CONFIG, answer);
  expect(await read()).toEqual({ url: "", active: false });
});

it("a hook that GitHub does not show is a failure", async () => {
  github.on(CONFIG, { status: 401, body: { message: "Bad credentials" } });
  expect(await rejectionOf(read(), GithubError)).toMatchObject({ reason: "github-refused" });
});
