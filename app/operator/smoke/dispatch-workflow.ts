import { execFile } from "node:child_process";
import type { GithubCall } from "../../github/app-octokit.ts";
import { GithubCallError } from "../../github/github-failures.ts";
import { OperatorError } from "../aws-trouble.ts";

export interface DispatchOrder {
  readonly owner: string;
  readonly name: string;
  readonly workflow: string;
  readonly ref: string;
  readonly inputs: Readonly<Record<string, string>>;
}

/** Starts the workflow as the operator: the App itself may only read Actions. Fails with `OperatorError`. */
export async function dispatchWorkflow(call: GithubCall, { owner, name, workflow, ref, inputs }: DispatchOrder): Promise<void> {
  try {
    await call("POST /repos/{owner}/{repo}/actions/workflows/{workflow_id}/dispatches", { owner, repo: name, workflow_id: workflow, ref, inputs });
  } catch (error) {
    throw new OperatorError(`Could not start ${workflow} in ${owner}/${name}: ${reason(error)}`);
  }
}

function reason(error: unknown): string {
  if (!(error instanceof GithubCallError)) return error instanceof Error ? error.message : String(error);
  switch (error.status) {
    case 401:
      return "GitHub does not know the token (401). Sign in anew: gh auth login, or set GITHUB_TOKEN.";
    case 403:
    case 404:
      return `the token may not do that (${error.status}). It needs "Actions: write" on this repository (fine-grained), or the scope "repo" (classic), and SSO where the organization asks for it.`;
    case 422:
      return `the workflow there cannot be started like that (${error.message}). Replace it by today's docs/first-workflow.yml.`;
    default:
      return error.message;
  }
}

/** The token of GitHub's own command line, if it is there and signed in at this host. */
export function ghToken(host: string): Promise<string | null> {
  return new Promise((resolve) => {
    execFile("gh", ["auth", "token", "--hostname", host], { timeout: 10_000 }, (error, stdout) => resolve(error || stdout.trim() === "" ? null : stdout.trim()));
  });
}

export function noTokenHelp({ owner, name, workflow }: Pick<DispatchOrder, "owner" | "name" | "workflow">, webOrigin: string): OperatorError {
  return new OperatorError(`Starting a workflow takes a token of yours. One of these:
  - sign in by GitHub's command line: gh auth login
  - set GITHUB_TOKEN to a token with "Actions: write" on ${owner}/${name}
  - start it in the browser at ${webOrigin}/${owner}/${name}/actions/workflows/${workflow} ("Run workflow"), and follow it by: npm run smoke -- --org ${owner} --repo ${name} --run RUN_ID_OR_URL`);
}
