import * as z from "zod";
import { apiUrl } from "../payloads/api-url.ts";
import { gitHubTime } from "../payloads/github-time.ts";
import { nodeId } from "../payloads/node-id.ts";
import { findRepository } from "../state/accounts.ts";
import { authorizeScope } from "../state/installation-tokens.ts";
import { queueWorkflow } from "../state/jobs.ts";
import type { Repository, WorkflowFile } from "../state/simulator-state.ts";
import { findWorkflowFile } from "../state/workflow-files.ts";
import type { StateKeeper } from "../state-keeper.ts";
import { parseBody } from "./parse-body.ts";
import { param, type Call, type Route } from "./route.ts";

const dispatch = z.object({ ref: z.string().min(1), inputs: z.record(z.string(), z.string()).default({}) });

/** Workflow files, and starting one by `workflow_dispatch`, which takes a person or the permission `actions: write`. */
export function workflowRoutes({ state, change }: StateKeeper): Route[] {
  return [
    {
      method: "GET",
      path: "/repos/{owner}/{repo}/actions/workflows/{workflow}",
      access: "installation",
      handle(call) {
        const repository = authorized(call, "read");
        return { status: 200, body: workflowPayload(repository, findWorkflowFile(state, repository, param(call, "workflow"))) };
      },
    },
    {
      method: "POST",
      path: "/repos/{owner}/{repo}/actions/workflows/{workflow}/dispatches",
      access: "installation",
      handle(call) {
        const repository = authorized(call, "write");
        const { ref, inputs } = parseBody(call, dispatch);
        const workflow = findWorkflowFile(state, repository, param(call, "workflow")).dispatched(inputs);
        change((_, now) => queueWorkflow(state, repository, { ...workflow, headBranch: ref.replace(/^refs\/heads\//, "") }, now));
        return { status: 204 };
      },
    },
  ];

  function authorized(call: Call, level: "read" | "write"): Repository {
    const repository = findRepository(state, `${param(call, "owner")}/${param(call, "repo")}`);
    if (call.caller.kind === "installation") authorizeScope(state, call.caller.token, { account: repository.owner, repository }, "actions", level);
    return repository;
  }

  function workflowPayload(repository: Repository, { id, name, path, createdAt }: WorkflowFile): object {
    const page = `${state.origin}/${repository.fullName}`;
    return {
      id,
      node_id: nodeId("W", id),
      name,
      path,
      state: "active",
      created_at: gitHubTime(createdAt),
      updated_at: gitHubTime(createdAt),
      url: `${apiUrl(state)}/repos/${repository.fullName}/actions/workflows/${id}`,
      html_url: `${page}/blob/main/${path}`,
      badge_url: `${page}/workflows/${encodeURIComponent(name)}/badge.svg`,
    };
  }
}
