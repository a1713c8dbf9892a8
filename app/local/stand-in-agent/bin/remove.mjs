import { exchangeRegistrationToken } from "./exchange-registration-token.mjs";
import { request } from "./request.mjs";
import { isConfigured, readRunnerFiles, removeRunnerFiles } from "./runner-files.mjs";

/** `config.sh remove --token …` @returns {Promise<number>} */
export async function remove({ text }) {
  console.log("\n# Runner removal\n");
  if (!isConfigured()) {
    console.log("Cannot connect to server, because config files are missing. Skipping removing runner from the server.");
    return 0;
  }
  const { runner } = readRunnerFiles();
  const { serviceUrl, accessToken } = await exchangeRegistrationToken(runner.gitHubUrl, text.get("token") ?? "", "remove");
  await request({ method: "DELETE", url: `${serviceUrl}/_services/runners/${runner.agentId}`, authorization: `Bearer ${accessToken}` });
  console.log("√ Runner removed successfully");
  removeRunnerFiles();
  console.log("√ Removed .credentials\n√ Removed .runner\n");
  return 0;
}
