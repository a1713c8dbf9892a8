import { generateKeyPairSync } from "node:crypto";
import { createAppOctokit, type AppOctokit } from "../../app/github/app-octokit.ts";
import { createKeepAliveFetch } from "../../app/keep-alive-fetch.ts";
import type { GithubSimulator } from "../../app/local/github-simulator/github-simulator.ts";
import type { RequestRecord } from "../../app/local/github-simulator/http/request-record.ts";
import { startGithubSimulator } from "../../app/local/github-simulator/start-github-simulator.ts";
import { createRecordingLog } from "../support/recording-log.ts";

export interface SimulatedAcme {
  readonly github: GithubSimulator;
  readonly octokit: AppOctokit;
  readonly installationId: string;
  /** All that went over the wire, oldest first. */
  readonly requests: RequestRecord[];
}

const repositories = [
  { name: "shop", visibility: "private" },
  { name: "docs", visibility: "public" },
] as const;

/** A simulated GitHub with the organization `acme`, and the product's own client to reach it. Its deliveries find nobody. */
export async function startSimulatedAcme(): Promise<SimulatedAcme> {
  const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const publicKeyPem = publicKey.export({ type: "spki", format: "pem" }).toString();
  const github = await startGithubSimulator({ app: { id: 1, publicKeyPem, webhookSecret: "s" }, webhookUrl: "http://127.0.0.1:9/" });
  const requests: RequestRecord[] = [];
  github.on("request", (record) => requests.push(record));
  const { installationId } = github.addOrganization({
    login: "acme",
    repositories,
    permissions: { organization_self_hosted_runners: "write", administration: "write", actions: "read", members: "read" },
    runnerGroups: [{ name: "fast", repositories: ["shop"] }],
  });
  const octokit = createAppOctokit({
    credentials: async () => ({ appId: 1, privateKey: privateKey.export({ type: "pkcs8", format: "pem" }).toString() }),
    apiUrl: github.apiUrl,
    fetch: createKeepAliveFetch(),
    clock: Date.now,
    log: createRecordingLog(),
  });
  return { github, octokit, installationId: String(installationId), requests };
}
