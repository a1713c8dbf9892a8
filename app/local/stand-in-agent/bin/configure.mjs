import { generateKeyPairSync } from "node:crypto";
import { arch, hostname, platform } from "node:os";
import { exchangeRegistrationToken } from "./exchange-registration-token.mjs";
import { HttpError, request } from "./request.mjs";
import { isConfigured, writeRunnerFiles } from "./runner-files.mjs";

/** `config.sh …` @returns {Promise<number>} */
export async function configure({ text, on }, settings) {
  console.log("\n--------------------------------------------------------------------------------");
  console.log("|                       Self-hosted runner registration (stand-in)             |");
  console.log("--------------------------------------------------------------------------------\n");
  if (isConfigured()) {
    throw new Error("Cannot configure the runner because it is already configured. To reconfigure the runner, run 'config.cmd remove' or './config.sh remove' first.");
  }
  const gitHubUrl = needed("url");
  const token = needed("token");
  console.log("# Authentication\n");
  const { serviceUrl, accessToken } = await exchangeRegistrationToken(gitHubUrl, token, "register");
  console.log("\n√ Connected to GitHub\n");

  console.log("# Runner Registration\n");
  const name = text.get("name") ?? hostname();
  const group = text.get("runnergroup") ?? "Default";
  const { id, session_secret: sessionSecret } = await addRunner();
  console.log("√ Runner successfully added");

  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  writeRunnerFiles({
    ".credentials": JSON.stringify({
      scheme: "OAuth",
      data: { clientId: String(id), authorizationUrl: `${serviceUrl}/_services`, requireFipsCryptography: "True", sessionSecret },
    }),
    ".credentials_rsaparams": JSON.stringify(privateKey.export({ format: "jwk" })),
    ".runner": JSON.stringify({
      agentId: id,
      agentName: name,
      poolId: 1,
      poolName: group,
      ephemeral: on.has("ephemeral"),
      disableUpdate: on.has("disableupdate"),
      serverUrl: serviceUrl,
      gitHubUrl,
      workFolder: text.get("work") ?? "_work",
    }),
  });
  console.log("√ Runner connection is good\n\n# Runner settings\n\n√ Settings Saved.\n");
  return 0;

  function needed(input) {
    const value = text.get(input);
    if (!value) throw new Error(`Invalid configuration provided for ${input}. Terminating unattended configuration.`);
    return value;
  }

  function labels() {
    const own = (text.get("labels") ?? "").split(",").map((label) => label.trim()).filter(Boolean);
    if (on.has("no-default-labels")) return own;
    return [...new Set(["self-hosted", platform() === "darwin" ? "macOS" : "Linux", arch().toUpperCase(), ...own])];
  }

  async function addRunner() {
    try {
      const { body } = await request({
        method: "POST",
        url: `${serviceUrl}/_services/runners`,
        authorization: `Bearer ${accessToken}`,
        json: { name, labels: labels(), group, ephemeral: on.has("ephemeral"), version: settings.version, replace: on.has("replace") },
      });
      return body;
    } catch (error) {
      if (!(error instanceof HttpError)) throw error;
      if (error.status === 409) {
        console.log("A runner exists with the same name");
        throw new Error(`A runner exists with the same name ${name}.`, { cause: error });
      }
      if (error.status === 404 || error.status === 422) {
        throw new Error(`Could not find any self-hosted runner group named "${group}".`, { cause: error });
      }
      if (error.status === 403 && /deprecated/i.test(error.body)) {
        throw new Error(`Runner version v${settings.version} is deprecated and cannot receive messages.`, { cause: error });
      }
      throw error;
    }
  }
}
