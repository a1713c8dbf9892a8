import type { GithubHost } from "../../config.ts";
import type { RunnerProfiles } from "../../core/runner-profiles.ts";
import { readDeployedSettings } from "../deployed-settings.ts";
import { adminUrlOf, requireStack, webhookUrlOf } from "../deployed-stack.ts";
import type { OperatorClients } from "../operator-clients.ts";
import type { AppKeeper } from "./app-keeper.ts";
import { createEnvFileKeeper } from "./env-file-keeper.ts";
import type { NextSteps } from "./pages/done-page.ts";
import type { SetupPlace } from "./setup-place.ts";
import { createStackSecretKeeper } from "./stack-secret-keeper.ts";

/** What an App is set up for. */
export interface SetupTarget {
  readonly github: GithubHost;
  readonly place: SetupPlace;
  readonly profiles: RunnerProfiles;
  /** Where events go now; `null` on a laptop before there is a relay. */
  readonly knownWebhookUrl: string | null;
  readonly keeperFor: (webhookUrl: string | null) => AppKeeper;
  readonly next: NextSteps;
}

export interface LocalTargetOptions {
  readonly github: GithubHost;
  readonly profiles: RunnerProfiles;
  readonly proxyUrl: string | null;
  /** Of the control plane; 0 is a free one, which GitHub cannot be told. */
  readonly port: number;
  readonly beforeInstall: readonly string[];
}

/** This machine: keys go to `.env` of the working directory. */
export function localTarget({ github, profiles, proxyUrl, port, beforeInstall }: LocalTargetOptions): SetupTarget {
  return {
    github,
    place: { place: ".env", githubHost: new URL(github.webOrigin).host, webhookUrl: null, pagesUrl: port === 0 ? null : `http://localhost:${port}` },
    profiles,
    knownWebhookUrl: proxyUrl,
    keeperFor: (webhookUrl) => createEnvFileKeeper(".env", { ...(webhookUrl !== null && { WEBHOOK_PROXY_URL: webhookUrl }), GITHUB_API_URL: github.apiUrl }),
    next: { beforeInstall, afterInstall: [] },
  };
}

/** A deployed stack: keys go to its secrets, by the operator's own credentials. Fails with `OperatorError`. */
export async function stackTarget(aws: OperatorClients, name: string): Promise<SetupTarget> {
  const region = await aws.cloudFormation.config.region().catch(() => "");
  const stack = await requireStack(aws.cloudFormation, name, region);
  const { github, profiles } = await readDeployedSettings(aws.lambda, stack);
  const place = `the stack ${name} in ${region}`;
  const webhookUrl = webhookUrlOf(stack);
  const keeper = createStackSecretKeeper({ client: aws.secretsManager, place, appSecretId: stack.output("AppSecretId"), oauthSecretId: stack.output("OAuthSecretId") });
  const stackOption = name === "Baton" ? "" : ` --stack ${name}`;
  return {
    github,
    place: { place, githubHost: new URL(github.webOrigin).host, webhookUrl, pagesUrl: adminUrlOf(stack) },
    profiles,
    knownWebhookUrl: webhookUrl,
    keeperFor: () => keeper,
    next: { beforeInstall: [], afterInstall: [`npm run smoke -- --org ORG --repo REPO${stackOption}`] },
  };
}
