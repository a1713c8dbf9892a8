import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { AppKeys } from "../../../app/operator/setup/app-keeper.ts";
import { createEnvFileKeeper } from "../../../app/operator/setup/env-file-keeper.ts";
import { changeEnv } from "../../../app/operator/setup/env-file.ts";
import { aPrivateKey } from "../../support/a-private-key.ts";

const pem = aPrivateKey();

describe("changing a .env", () => {
  it("keeps comments, order and other variables as they are", () => {
    const before = "# mine\nPORT=4000\nAPP_ID=\n\nexport FOO='a b' # why\n";
    expect(changeEnv(before, { APP_ID: "7", WEBHOOK_SECRET: "s" })).toBe("# mine\nPORT=4000\nAPP_ID=7\n\nexport FOO='a b' # why\nWEBHOOK_SECRET=s\n");
  });

  it("writes a key so that it is read back to the letter", () => {
    expect(parseEnv(changeEnv("", { PRIVATE_KEY: pem }))["PRIVATE_KEY"]?.trim()).toBe(pem.trim());
  });

  it("replaces a key that was pasted over many lines, whole", () => {
    const before = `A=1\nPRIVATE_KEY="${pem.trim()}"\nB=2\n`;
    const after = changeEnv(before, { PRIVATE_KEY: "other" });
    expect(after).toBe("A=1\nPRIVATE_KEY=other\nB=2\n");
  });

  it("leaves one line where a variable stood twice", () => {
    expect(changeEnv("APP_ID=1\nX=y\nAPP_ID=2\n", { APP_ID: "3" })).toBe("APP_ID=3\nX=y\n");
  });

  it("takes a variable out where another takes its place", () => {
    expect(parseEnv(changeEnv("PRIVATE_KEY_PATH=old.pem\n", { PRIVATE_KEY_PATH: null }))).toEqual({});
  });

  it("does not end a last line that had no newline in the middle of the next", () => {
    expect(changeEnv("PORT=1", { APP_ID: "2" })).toBe("PORT=1\nAPP_ID=2\n");
  });
});

describe("an App in .env", () => {
  let directory: string;
  let file: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "baton-env-"));
    file = join(directory, ".env");
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  const keys = new AppKeys({ appId: 7, privateKey: pem, webhookSecret: "hush", oauth: { clientId: "Iv1", clientSecret: "psst" } });

  it("is readable by its owner only, even where the file was open to all", async () => {
    writeFileSync(file, "PORT=1\n", { mode: 0o644 });
    await createEnvFileKeeper(file).keep(keys);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(directory)).toEqual([".env"]);
  });

  it("comes back as it was kept", async () => {
    const keeper = createEnvFileKeeper(file, { WEBHOOK_PROXY_URL: "https://smee.io/abc" });
    expect(await keeper.current()).toBeNull();
    await keeper.keep(keys);
    const back = await keeper.current();
    expect(back).toMatchObject({ appId: 7, webhookSecret: "hush", oauth: { clientId: "Iv1", clientSecret: "psst" } });
    expect(back?.privateKey.trim()).toBe(pem.trim());
    expect(readFileSync(file, "utf8")).toContain("WEBHOOK_PROXY_URL=https://smee.io/abc\n");
  });

  it("counts the empty lines of .env.example as no App", async () => {
    writeFileSync(file, readFileSync(".env.example", "utf8"));
    expect(await createEnvFileKeeper(file).current()).toBeNull();
  });

  it("says what half an App lacks, without showing the rest", async () => {
    writeFileSync(file, changeEnv("", { APP_ID: "7", PRIVATE_KEY: pem }));
    const error = await createEnvFileKeeper(file).current().catch((error: Error) => error.message);
    expect(error).toMatch(/half an App: APP_ID or WEBHOOK_SECRET is missing.*--replace/);
    expect(error).not.toContain("PRIVATE KEY");
  });

  it("does not show keys when printed", () => {
    expect(`${JSON.stringify({ keys })} ${keys}`).not.toMatch(/hush|psst|BEGIN/);
  });
});
