import { DescribeImagesCommand, ImageNotFoundException, type ECRClient } from "@aws-sdk/client-ecr";
import * as z from "zod";
import { admitsRepository, matchProfile, type RunnerProfile, type RunnerScope } from "../../core/runner-profiles.ts";
import { runnerLabels } from "../../core/labels.ts";
import type { FunctionConfig } from "../../config.ts";
import type { AppOctokit, GithubCall } from "../../github/app-octokit.ts";
import { GithubCallError } from "../../github/github-failures.ts";
import { githubId } from "../../github/github-id.ts";
import { OperatorError, operatorError } from "../aws-trouble.ts";

export interface SmokeWish {
  readonly owner: string;
  readonly name: string;
  readonly profile: string;
  /** File name below `.github/workflows`. */
  readonly workflow: string;
}

export interface PreparedSmoke {
  readonly installationId: string;
  readonly repository: { readonly owner: string; readonly name: string; readonly id: string; readonly defaultBranch: string };
  readonly profile: RunnerProfile;
  readonly scope: RunnerScope;
  readonly appSettingsUrl: string;
}

export interface SmokePreparation {
  readonly octokit: AppOctokit;
  readonly ecr: ECRClient;
  readonly settings: FunctionConfig;
  readonly stack: string;
  readonly webhookUrl: string;
  readonly imageRepositoryUri: string;
  /** The CodeBuild project that makes the image; `null` where the stack does not tell. */
  readonly imageBuildProject: string | null;
}

const installation = z.object({
  id: githubId,
  suspended_at: z.string().nullish(),
  permissions: z.record(z.string(), z.string()),
  events: z.array(z.string()),
  target_type: z.string(),
});
const app = z.object({ html_url: z.string() });
const hook = z.object({ url: z.string().optional() });
const repositories = z.object({ repositories: z.array(z.object({ id: githubId, full_name: z.string(), private: z.boolean(), default_branch: z.string() })) });

const CALL_LIMIT_MS = 15_000;

/** What would keep the job from running and can be told beforehand. Fails with `OperatorError` that names the first of it. */
export async function prepareSmoke(wish: SmokeWish, preparation: SmokePreparation): Promise<PreparedSmoke> {
  const { octokit, settings, stack, webhookUrl } = preparation;
  const { owner, name } = wish;
  const place = { owner, repo: name };
  const asApp = octokit.asApp({ callMs: CALL_LIMIT_MS });

  const profile = profileFor(wish, settings);
  const { html_url: appSettingsUrl } = app.parse((await github("ask GitHub who the App is", () => asApp("GET /app"))).data);
  const { url } = hook.parse((await github("read the App's webhook", () => asApp("GET /app/hook/config"))).data);
  if (url !== webhookUrl) throw new OperatorError(`The App's webhook leads to ${url ?? "nowhere"}, not to this stack (${webhookUrl}). Set it: npm run setup -- --stack ${stack}`);

  const installed = installation.parse((await installationOf(asApp, place, appSettingsUrl)).data);
  const { id: installationId } = installed;
  if (installed.suspended_at) throw new OperatorError(`The App's installation on ${owner} is suspended. An owner can lift that: ${appSettingsUrl}`);
  const scope: RunnerScope = profile.scope === "organization" ? { kind: "organization", organization: owner } : { kind: "repository", owner, repository: name };
  checkPermissions(installed, scope, { owner, appSettingsUrl });

  const narrowed = octokit.asInstallation({ installationId, permissions: { metadata: "read" }, repository: name }, { callMs: CALL_LIMIT_MS });
  const known = repositories.parse((await github(`look at ${owner}/${name}`, () => narrowed("GET /installation/repositories"))).data);
  const repository = known.repositories.find(({ full_name }) => full_name.toLowerCase() === `${owner}/${name}`.toLowerCase());
  if (!repository) throw new OperatorError(`The App is installed on ${owner}, but not for ${name}. Add the repository: ${appSettingsUrl}/installations/new`);
  if (!repository.private && !profile.publicRepositories) {
    throw new OperatorError(`${owner}/${name} is public, and the profile "${profile.name}" takes no jobs of public repositories, since a fork's pull request could run anything. Use a private repository, or set publicRepositories: true in infra/runner-profiles.yml and run npm run deploy.`);
  }
  await checkWorkflow(octokit.asInstallation({ installationId, permissions: { actions: "read" } }, { callMs: CALL_LIMIT_MS }), wish, repository.default_branch, settings.github.webOrigin);
  await checkImage(preparation, settings.profiles.targets.find((target) => target.name === profile.target)?.imageTag ?? "latest");
  return { installationId, repository: { owner, name, id: repository.id, defaultBranch: repository.default_branch }, profile, scope, appSettingsUrl };
}

function profileFor({ profile: wanted, owner, name }: SmokeWish, { profiles }: FunctionConfig): RunnerProfile {
  const names = profiles.profiles.map((profile) => profile.name).join(", ");
  const match = matchProfile(profiles.profiles, runnerLabels(["self-hosted", wanted]));
  if (!match.matched) throw new OperatorError(`No profile takes runs-on: [self-hosted, ${wanted}]. The stack has ${names}; name one by --profile, or add one to infra/runner-profiles.yml and run npm run deploy.`);
  if (!admitsRepository(match.profile, owner, name)) throw new OperatorError(`The profile "${match.profile.name}" does not admit ${owner}/${name}: see its \`repositories\` in infra/runner-profiles.yml.`);
  return match.profile;
}

async function installationOf(asApp: GithubCall, place: { owner: string; repo: string }, appUrl: string) {
  try {
    return await asApp("GET /repos/{owner}/{repo}/installation", place);
  } catch (error) {
    if (error instanceof GithubCallError && error.status === 404) {
      throw new OperatorError(`The App is not installed on ${place.owner}/${place.repo}, or there is no such repository. Install it: ${appUrl}/installations/new`);
    }
    throw githubTrouble(`look for the App's installation on ${place.owner}/${place.repo}`, error);
  }
}

function checkPermissions({ permissions, events }: z.output<typeof installation>, scope: RunnerScope, { owner, appSettingsUrl }: { owner: string; appSettingsUrl: string }): void {
  const wanted = scope.kind === "organization" ? { organization_self_hosted_runners: "write", actions: "read" } : { administration: "write", actions: "read" };
  const missing = Object.entries(wanted).filter(([name, level]) => permissions[name] !== level && permissions[name] !== "write");
  if (missing.length > 0) {
    const list = missing.map(([name, level]) => `${name}: ${level}`).join(", ");
    throw new OperatorError(`The App lacks permission on ${owner}: ${list}. Ask for it in the App's settings, then have an owner of ${owner} accept it: ${appSettingsUrl}`);
  }
  if (!events.includes("workflow_job")) throw new OperatorError(`The App does not hear of jobs: subscribe it to "Workflow job" in its settings ("Permissions & events"): ${appSettingsUrl}`);
}

async function checkWorkflow(call: GithubCall, { owner, name, workflow }: SmokeWish, branch: string, webOrigin: string): Promise<void> {
  try {
    await call("GET /repos/{owner}/{repo}/actions/workflows/{workflow_id}", { owner, repo: name, workflow_id: workflow });
  } catch (error) {
    if (!(error instanceof GithubCallError) || error.status !== 404) throw githubTrouble(`look for the workflow ${workflow}`, error);
    throw new OperatorError(`${owner}/${name} has no workflow ${workflow} on its default branch ${branch}. Put it there, for example in a clone of it:
  mkdir -p .github/workflows
  cp …/docs/first-workflow.yml .github/workflows/${workflow}
  git add .github/workflows/${workflow} && git commit -m "Baton's first workflow" && git push
or in the browser: ${webOrigin}/${owner}/${name}/new/${branch}?filename=.github/workflows/${workflow}`);
  }
}

async function checkImage({ ecr, imageRepositoryUri, imageBuildProject, stack }: SmokePreparation, imageTag: string): Promise<void> {
  const repositoryName = imageRepositoryUri.slice(imageRepositoryUri.indexOf("/") + 1);
  try {
    await ecr.send(new DescribeImagesCommand({ repositoryName, imageIds: [{ imageTag }] }));
  } catch (error) {
    if (error instanceof ImageNotFoundException) {
      const builds = imageBuildProject === null ? `aws codebuild list-projects names the project of ${stack}` : `aws codebuild list-build-batches-for-project --project-name ${imageBuildProject}`;
      throw new OperatorError(`${imageRepositoryUri} has no image tagged ${imageTag} yet: its build has not ended, or failed. Look at it in CodeBuild (${builds}), then run this again.`);
    }
    throw operatorError(`look for the runner image in ${repositoryName}`, error);
  }
}

async function github<T>(doing: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw githubTrouble(doing, error);
  }
}

function githubTrouble(doing: string, error: unknown): OperatorError {
  if (error instanceof OperatorError) return error;
  const words = error instanceof Error ? error.message : String(error);
  const status = error instanceof GithubCallError ? error.status : 0;
  const next = status === 401 ? "The stack's secret holds another App's key: npm run setup -- --stack … --replace." : "Run it again; https://www.githubstatus.com tells whether GitHub has trouble.";
  return new OperatorError(`Could not ${doing}: ${words}\n${next}`);
}
