import type { KeyObject } from "node:crypto";
import { scopeName } from "../state/accounts.ts";
import type { Runner, SimulatorState } from "../state/simulator-state.ts";

/**
 * The agent's three files, base64 in base64 of JSON, as GitHub's are: 4.1 to 4.4 KB. `key` is a private RSA key of 2048 bits, which is most of
 * it and hardly compresses. The session secret, in place of GitHub's OAuth, makes the stand-in agent's calls valid.
 */
export function encodeJitConfig(state: SimulatorState, runner: Runner, key: KeyObject, workFolder: string): string {
  const { n, e, d, p, q, dp, dq, qi } = key.export({ format: "jwk" });
  // GitHub's URLs name the account by some such path; nothing reads it here.
  const tenant = state.random.letters(50);
  const files = {
    ".runner": {
      agentId: runner.id,
      agentName: runner.name,
      disableUpdate: false,
      ephemeral: runner.ephemeral,
      poolId: runner.group.id,
      poolName: runner.group.name,
      serverUrl: state.origin,
      serverUrlV2: `${state.origin}/${tenant}/`,
      gitHubUrl: `${state.origin}/${scopeName(runner.scope)}`,
      useV2Flow: true,
      workFolder,
    },
    ".credentials": {
      scheme: "OAuth",
      data: {
        clientId: `${runner.id}`,
        authorizationUrl: `${state.origin}/_services`,
        authorizationUrlV2: `${state.origin}/${tenant}/`,
        requireFipsCryptography: "True",
        sessionSecret: runner.secret,
      },
    },
    ".credentials_rsaparams": { d, dp, dq, exponent: e, inverseQ: qi, modulus: n, p, q },
  };
  const encoded = Object.entries(files).map(([name, content]) => [name, base64(JSON.stringify(content, null, 2))]);
  return base64(JSON.stringify(Object.fromEntries(encoded)));
}

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}
