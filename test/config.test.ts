import { generateKeyPairSync } from "node:crypto";
import { describe, expect, it } from "vitest";
import { ConfigError, githubHostNamed, readAdminFunctionConfig, readFunctionConfig, readLocalConfig, readOperatorConfig, readReconcileFunctionConfig, type Environment } from "../app/config.ts";

const { privateKey } = generateKeyPairSync("rsa", {
  modulusLength: 2048,
  publicKeyEncoding: { type: "spki", format: "pem" },
  privateKeyEncoding: { type: "pkcs8", format: "pem" },
});

const lambda: Environment = {
  GITHUB_APP_SECRET_ID: "baton/app",
  EVENT_BUS_NAME: "baton",
  JOBS_TABLE: "baton-jobs",
  CREDENTIAL_KEY_ID: "alias/baton",
  RUNNER_PROFILES: JSON.stringify({
    profiles: [{ name: "small", labels: ["self-hosted", "small"], target: "f", cpu: 1024, memory: 2048 }],
    targets: [{ name: "f", compute: "fargate", architecture: "x64" }],
  }),
};

function faultsOf(read: () => unknown): readonly string[] {
  try {
    read();
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
  return [];
}

describe("the environment of the functions", () => {
  it("names every missing variable at once", () => {
    expect(faultsOf(() => readReconcileFunctionConfig({}))).toEqual([
      "GITHUB_APP_SECRET_ID: is missing",
      "EVENT_BUS_NAME: is missing",
      "JOBS_TABLE: is missing",
      "CREDENTIAL_KEY_ID: is missing",
      "RUNNER_PROFILES: is missing",
      "RUNNER_CLUSTER: is missing",
    ]);
  });

  it("takes an empty value for a missing one", () => {
    expect(faultsOf(() => readFunctionConfig({ ...lambda, JOBS_TABLE: "" }))).toEqual(["JOBS_TABLE: is empty"]);
  });

  it("of the admin function names neither key nor webhook secret, and every missing variable", () => {
    expect(faultsOf(() => readAdminFunctionConfig({}))).toEqual(["OAUTH_SECRET_ID", "JOBS_TABLE", "RUNNER_CLUSTER", "RUNNER_PROFILES", "AWS_REGION"].map((name) => `${name}: is missing`));
    const { RUNNER_PROFILES, JOBS_TABLE } = lambda;
    const config = readAdminFunctionConfig({ RUNNER_PROFILES, JOBS_TABLE, OAUTH_SECRET_ID: "baton/oauth", RUNNER_CLUSTER: "c", AWS_REGION: "eu-west-1", TASK_LOG_GROUPS: "one,two" });
    expect(config).toMatchObject({ oauthSecretId: "baton/oauth", taskLogGroups: ["one", "two"], deployment: "Baton", region: "eu-west-1" });
  });

  it("passes on the faults of the profiles", () => {
    const faults = faultsOf(() => readFunctionConfig({ ...lambda, RUNNER_PROFILES: '{"profiles":[]}', RUNNER_NAME_PREFIX: "Not OK" }));
    expect(faults.join("\n")).toMatch(/RUNNER_PROFILES: profiles: .*\n.*targets: .*\nRUNNER_NAME_PREFIX: use 1 to 24/s);
  });

  it.each([
    [undefined, "https://api.github.com", "https://github.com"],
    ["https://api.octo.ghe.com", "https://api.octo.ghe.com", "https://octo.ghe.com"],
    ["https://ghes.example/api/v3/", "https://ghes.example/api/v3", "https://ghes.example"],
    ["http://127.0.0.1:4000/api/v3", "http://127.0.0.1:4000/api/v3", "http://127.0.0.1:4000"],
  ])("knows GitHub's pages from its API %s", (GITHUB_API_URL, apiUrl, webOrigin) => {
    expect(readFunctionConfig({ ...lambda, GITHUB_API_URL }).github).toEqual({ apiUrl, webOrigin });
  });

  it.each(["api.github.com", "ftp://ghes.example", "https://user@ghes.example/api/v3", "https://ghes.example/?a=b"])("refuses the API URL %s", (GITHUB_API_URL) => {
    expect(faultsOf(() => readFunctionConfig({ ...lambda, GITHUB_API_URL }))[0]).toMatch(/GITHUB_API_URL: must be a URL such as/);
  });
});

describe("the environment of a laptop", () => {
  it("is fine without an App: setup comes first", () => {
    expect(readLocalConfig({ APP_ID: "", PRIVATE_KEY: "", WEBHOOK_SECRET: "" })).toMatchObject({ app: null, port: 3000, runnerNamePrefix: "baton-local" });
  });

  it("refuses an App without a webhook secret, which would let anybody in", () => {
    expect(faultsOf(() => readLocalConfig({ APP_ID: "1", PRIVATE_KEY: privateKey }))).toEqual(["WEBHOOK_SECRET: is missing; set the one of the App's settings page"]);
  });

  it.each<[string, string]>([
    ["PEM", privateKey],
    ["PEM with literal \\n", privateKey.replaceAll("\n", "\\n")],
    ["base64 of PEM", Buffer.from(privateKey).toString("base64")],
  ])("reads a private key written as %s", (_, PRIVATE_KEY) => {
    expect(readLocalConfig({ APP_ID: "1", WEBHOOK_SECRET: "s", PRIVATE_KEY }).app?.privateKey.trim()).toBe(privateKey.trim());
  });

  it("tells how to write a key that was cut after its first line", () => {
    const faults = faultsOf(() => readLocalConfig({ APP_ID: "1", WEBHOOK_SECRET: "s", PRIVATE_KEY: "-----BEGIN RSA PRIVATE KEY-----" }));
    expect(faults).toEqual([expect.stringMatching(/PRIVATE_KEY: is cut after its first line; write each line break as \\n/)]);
  });

  it("never repeats a secret's value in its complaint", () => {
    const faults = faultsOf(() => readLocalConfig({ APP_ID: "x", PRIVATE_KEY: "hunter2", WEBHOOK_SECRET: "correct-horse", PORT: "99999" }));
    expect(faults.join("\n")).not.toMatch(/hunter2|correct-horse/);
    expect(faults).toHaveLength(2);
  });

  it("takes both halves of the OAuth client or none", () => {
    expect(readLocalConfig({ GITHUB_CLIENT_ID: "", GITHUB_CLIENT_SECRET: "" }).oauth).toBeNull();
    expect(readLocalConfig({ GITHUB_CLIENT_ID: "Iv", GITHUB_CLIENT_SECRET: "s" }).oauth).toEqual({ clientId: "Iv", clientSecret: "s" });
    expect(faultsOf(() => readLocalConfig({ GITHUB_CLIENT_SECRET: "hunter2" }))).toEqual(["GITHUB_CLIENT_ID and GITHUB_CLIENT_SECRET go together: set both, or neither"]);
  });

  it("refuses a runner directory beside a runner image", () => {
    expect(faultsOf(() => readLocalConfig({ RUNNER_DIR: "/a", RUNNER_IMAGE: "b" }))[0]).toMatch(/both set/);
  });
});

describe("what the operator's commands take from the shell", () => {
  it("is nothing by default", () => {
    expect(readOperatorConfig({}, "linux")).toMatchObject({ github: { apiUrl: "https://api.github.com", webOrigin: "https://github.com" }, awsRegion: null, githubToken: null, webhookProxyUrl: null, hasDesktop: false });
  });

  it("knows the AWS CLI's name for the region, below the SDK's", () => {
    expect(readOperatorConfig({ AWS_DEFAULT_REGION: "eu-west-1" }).awsRegion).toBe("eu-west-1");
    expect(readOperatorConfig({ AWS_REGION: "eu-north-1", AWS_DEFAULT_REGION: "eu-west-1" }).awsRegion).toBe("eu-north-1");
  });

  it("counts what is set to nothing as not set", () => {
    expect(readOperatorConfig({ GITHUB_TOKEN: "", GH_TOKEN: "ghp_x", AWS_REGION: "", WEBHOOK_PROXY_URL: "" })).toMatchObject({ githubToken: "ghp_x", awsRegion: null, webhookProxyUrl: null });
  });

  it("looks for a display on Linux only", () => {
    expect(readOperatorConfig({ DISPLAY: ":0" }, "linux").hasDesktop).toBe(true);
    expect(readOperatorConfig({}, "darwin").hasDesktop).toBe(true);
  });
});

describe("a GitHub host as a person says it", () => {
  it.each([
    ["github.com", "https://api.github.com", "https://github.com"],
    ["acme.ghe.com", "https://api.acme.ghe.com", "https://acme.ghe.com"],
    ["github.example.com", "https://github.example.com/api/v3", "https://github.example.com"],
    ["https://github.example.com/api/v3/", "https://github.example.com/api/v3", "https://github.example.com"],
  ])("%s", (name, apiUrl, webOrigin) => {
    expect(githubHostNamed(name)).toEqual({ apiUrl, webOrigin });
  });

  it("is refused when it is none", () => {
    expect(faultsOf(() => githubHostNamed("not a host"))).toEqual(["--host not a host: is no host name; use github.com, github.example.com or SUBDOMAIN.ghe.com"]);
  });
});
