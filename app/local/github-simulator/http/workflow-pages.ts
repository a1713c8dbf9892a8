import { html } from "hono/html";
import { findRepository } from "../state/accounts.ts";
import { queueWorkflow } from "../state/jobs.ts";
import { Refusal } from "../state/refusal.ts";
import type { Repository } from "../state/simulator-state.ts";
import { addWorkflowFile, findWorkflowFile } from "../state/workflow-files.ts";
import type { StateKeeper } from "../state-keeper.ts";
import { param, type Answer, type Call, type Route } from "./route.ts";
import { simulatedPage } from "./simulated-page.ts";

/** GitHub's editor for a new file, filled in by its address, and the page on which a workflow is started. */
export function workflowPages({ state, change }: StateKeeper): Route[] {
  return [
    {
      method: "GET",
      path: "/{owner}/{repo}/new/{branch}",
      access: "control",
      handle(call) {
        const { fullName } = repositoryOf(call);
        return page(`New file in ${fullName}`, html`<form method="post" action="${call.path}">
<label>File name <input type="text" name="filename" value="${call.query.get("filename") ?? ""}"></label>
<label>Content <textarea name="value" rows="20" cols="60">${call.query.get("value") ?? ""}</textarea></label>
<button>Commit changes…</button>
</form>`);
      },
    },
    {
      method: "POST",
      path: "/{owner}/{repo}/new/{branch}",
      access: "control",
      handle(call) {
        const repository = repositoryOf(call);
        const form = new URLSearchParams(call.text);
        const path = form.get("filename") ?? "";
        // Browsers send a text area's lines with both characters.
        const text = (form.get("value") ?? "").replaceAll("\r\n", "\n");
        if (!path.startsWith(".github/workflows/")) throw new Refusal(400, "The simulated GitHub keeps workflows only: .github/workflows/NAME.yml");
        change((_, now) => addWorkflowFile(state, repository, { path, text }, now));
        return { status: 302, headers: { location: workflowPath(repository, path.split("/").at(-1) ?? "") } };
      },
    },
    {
      method: "GET",
      path: "/{owner}/{repo}/actions/workflows/{workflow}",
      access: "control",
      handle(call) {
        const repository = repositoryOf(call);
        const { name, path } = findWorkflowFile(state, repository, param(call, "workflow"));
        const runs = [...state.runs.values()].filter((run) => run.repository === repository && run.name === name);
        return page(name, html`<p><code>${path}</code> in ${repository.fullName}</p>
<form method="post" action="${call.path}"><button>Run workflow</button></form>
<ul>${runs.toReversed().map((run) => html`<li>${run.title}: ${run.jobs.map((job) => `${job.name} ${job.conclusion ?? job.status}`).join(", ")}</li>`)}</ul>`);
      },
    },
    {
      method: "POST",
      path: "/{owner}/{repo}/actions/workflows/{workflow}",
      access: "control",
      handle(call) {
        const repository = repositoryOf(call);
        const workflow = findWorkflowFile(state, repository, param(call, "workflow")).dispatched({});
        change((_, now) => queueWorkflow(state, repository, workflow, now));
        return { status: 302, headers: { location: call.path } };
      },
    },
  ];

  function repositoryOf(call: Call): Repository {
    return findRepository(state, `${param(call, "owner")}/${param(call, "repo")}`);
  }
}

function workflowPath({ fullName }: Repository, file: string): string {
  return `/${fullName}/actions/workflows/${encodeURIComponent(file)}`;
}

async function page(title: string, body: Parameters<typeof simulatedPage>[1]): Promise<Answer> {
  return { status: 200, html: await simulatedPage(title, body) };
}
