import { afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { aDeployedWorld, type DeployedWorld } from "../support/a-deployed-world.ts";
import { aBrowser, type Send } from "../support/admin/a-browser.ts";
import { signInAt } from "../support/admin/an-admin-world.ts";
import { buildFunctions, functionDirectory } from "./built-functions.ts";
import { startSandbox, type Sandbox } from "./start-sandbox.ts";

const HERE = "https://abc.lambda-url.us-east-1.on.aws";

let world: DeployedWorld;
let sandbox: Sandbox;
beforeAll(buildFunctions);
beforeEach(async () => {
  world = await aDeployedWorld();
  world.github.setCallbackUrls([`${HERE}/sign-in/callback`]);
  world.github.addPerson({ login: "ada", organizations: { acme: "admin" } });
  world.github.addPerson({ login: "milo", organizations: { acme: "member" } });
  sandbox = await startSandbox(functionDirectory("admin"), world.environment);
});
afterEach(async () => {
  await sandbox.close();
  await world.close();
});

/** A request as a Function URL makes an event of it (AWS docs: payload format 2.0), and its answer. */
const throughFunctionUrl: Send = async (request) => {
  const { pathname, search, host } = new URL(request.url);
  const { cookie, ...headers } = Object.fromEntries(request.headers);
  const body = Buffer.from(await request.arrayBuffer());
  const { kind, value } = await sandbox.invoke({
    version: "2.0",
    routeKey: "$default",
    rawPath: pathname,
    rawQueryString: search.slice(1),
    headers: { ...headers, host },
    ...(cookie !== undefined && { cookies: cookie.split("; ") }),
    requestContext: { domainName: host, http: { method: request.method, path: pathname, protocol: "HTTP/1.1", sourceIp: "192.0.2.1", userAgent: "test" } },
    ...(body.length > 0 && { body: body.toString("base64") }),
    isBase64Encoded: body.length > 0,
  });
  expect(kind, sandbox.output()).toBe("response");
  const answer = value as { statusCode: number; headers: Record<string, string>; cookies?: string[]; body: string; isBase64Encoded: boolean };
  const given = new Headers(answer.headers);
  for (const line of answer.cookies ?? []) given.append("set-cookie", line);
  const content = answer.isBase64Encoded ? Buffer.from(answer.body, "base64") : answer.body;
  return new Response([204, 304].includes(answer.statusCode) ? null : content, { status: answer.statusCode, headers: given });
};
const browser = () => aBrowser({ [HERE]: throughFunctionUrl });

it("the admin function under AWS's runtime client signs an administrator in, shows their installation, and keeps its secrets to itself", async () => {
  const tokens: string[] = [];
  world.github.on("request", ({ path, responseBody }) => {
    if (path === "/login/oauth/access_token") tokens.push((JSON.parse(responseBody) as { access_token: string }).access_token);
  });
  const ada = browser();
  expect((await ada.open(`${HERE}/`)).url).toBe(`${HERE}/sign-in`);
  expect(world.calls).toEqual([]);

  const home = await signInAt(ada, HERE, "ada");
  expect(home).toMatchObject({ url: `${HERE}/`, status: 200 });
  expect(home.text).toContain("acme");
  expect(world.calls.filter((call) => call === "secret")).toEqual(["secret"]);
  const link = /href="(\/installations\/\d+)"/.exec(home.text)?.[1];
  expect(await ada.open(`${HERE}${link}`)).toMatchObject({ status: 200 });
  const style = /href="(\/assets\/[^"]+\.css)"/.exec(home.text)?.[1];
  const styled = await ada.open(`${HERE}${style}`);
  expect(styled.headers.get("cache-control")).toContain("immutable");
  expect(styled.text).toContain("{");

  const milo = browser();
  expect((await signInAt(milo, HERE, "milo")).text).not.toContain("/installations/");
  expect((await milo.open(`${HERE}${link}`)).status).toBe(404);

  expect(tokens).toHaveLength(2);
  for (const secret of [...tokens, world.github.oauthClient().clientSecret]) expect(sandbox.output()).not.toContain(secret);
});

it("the admin function says what to run before setup has written the OAuth client, lets nobody in, and lets people in once it is there", async () => {
  world.setOAuthSecretWritten(false);
  const ada = browser();
  const page = await ada.open(`${HERE}/sign-in/github`);
  expect(page.status).toBe(503);
  expect(page.text).toContain("npm run setup -- --stack BatonTest");
  ada.cookies(HERE).set("__Host-baton-session", "anything");
  expect((await ada.open(`${HERE}/`)).status).toBe(503);
  world.setOAuthSecretWritten(true);
  await sandbox.moveClock();
  world.moveGithubClock(6 * 60_000);
  ada.cookies(HERE).clear();
  expect((await signInAt(ada, HERE, "ada")).text).toContain("acme");
});

it("the admin function answers what is no request of a Function URL, and a GET with a body", async () => {
  expect(await sandbox.invoke({})).toMatchObject({ kind: "response", value: { statusCode: 400, headers: { "content-security-policy": "default-src 'none'" } } });
  const event = { version: "2.0", rawPath: "/sign-in", rawQueryString: "", headers: {}, requestContext: { domainName: "x", http: { method: "GET", sourceIp: "192.0.2.1" } }, body: "x", isBase64Encoded: false };
  expect(await sandbox.invoke(event)).toMatchObject({ kind: "response", value: { statusCode: 200 } });
});
