import { basename } from "node:path";
import { parse } from "yaml";
import * as z from "zod";
import type { NewWorkflow } from "./jobs.ts";
import { nextNumber } from "./next-number.ts";
import { notFound, Refusal } from "./refusal.ts";
import type { Repository, SimulatorState, WorkflowFile } from "./simulator-state.ts";

const input = z.object({ default: z.coerce.string().optional(), required: z.boolean().optional() }).nullable();
const workflow = z.object({
  name: z.string(),
  "run-name": z.string().optional(),
  on: z.union([z.string(), z.array(z.string()), z.record(z.string(), z.unknown())]),
  jobs: z.record(
    z.string(),
    z.object({
      name: z.string().optional(),
      "runs-on": z.union([z.string().transform((label) => [label]), z.array(z.string())]),
      steps: z.array(z.object({ name: z.string().optional(), run: z.string() })),
    }),
  ),
});
const noInputs = z.union([z.literal("workflow_dispatch"), z.array(z.string()).refine((events) => events.includes("workflow_dispatch"))]).transform(() => ({ workflow_dispatch: null }));
const dispatchTrigger = z.union([z.object({ workflow_dispatch: z.object({ inputs: z.record(z.string(), input).default({}) }).nullable() }), noInputs]);

/** Reads as much of a workflow as runs here: jobs of `run` steps, and expressions that are one input. */
export function addWorkflowFile(state: SimulatorState, repository: Repository, { path, text }: { readonly path: string; readonly text: string }, now: number): WorkflowFile {
  const parsed = workflow.parse(parse(text));
  const trigger = dispatchTrigger.safeParse(parsed.on);
  const file: WorkflowFile = {
    id: nextNumber(state, "workflow"),
    name: parsed.name,
    path,
    createdAt: now,
    dispatched(given) {
      if (!trigger.success) throw new Refusal(422, "Workflow does not have 'workflow_dispatch' trigger");
      const inputs = trigger.data.workflow_dispatch?.inputs ?? {};
      const unexpected = Object.keys(given).filter((name) => !Object.hasOwn(inputs, name));
      if (unexpected.length > 0) throw new Refusal(422, `Unexpected inputs provided: ${JSON.stringify(unexpected)}`);
      const values = Object.fromEntries(Object.entries(inputs).map(([name, described]) => [name, given[name] ?? described?.default ?? ""]));
      return dispatchedWorkflow(parsed, values);
    },
  };
  const key = repository.fullName.toLowerCase();
  const files = state.workflowFiles.get(key) ?? new Map<string, WorkflowFile>();
  state.workflowFiles.set(key, files.set(basename(path), file));
  return file;
}

/** By file name or number, as GitHub takes both. */
export function findWorkflowFile(state: SimulatorState, repository: Repository, nameOrId: string): WorkflowFile {
  const files = state.workflowFiles.get(repository.fullName.toLowerCase());
  const file = files?.get(nameOrId) ?? [...(files?.values() ?? [])].find(({ id }) => String(id) === nameOrId);
  if (!file) throw notFound();
  return file;
}

function dispatchedWorkflow(parsed: z.output<typeof workflow>, inputs: Readonly<Record<string, string>>): NewWorkflow {
  const fill = (text: string): string =>
    text.replaceAll(/\$\{\{\s*(.*?)\s*\}\}/g, (_, expression: string) => {
      const name = /^inputs\.([\w-]+)$/.exec(expression)?.[1];
      if (name === undefined) throw new Refusal(422, `The simulator knows expressions of one input only, not "${expression}"`);
      return inputs[name] ?? "";
    });
  return {
    name: parsed.name,
    event: "workflow_dispatch",
    title: fill(parsed["run-name"] ?? parsed.name),
    jobs: Object.entries(parsed.jobs).map(([key, job]) => ({
      name: job.name ?? key,
      runsOn: job["runs-on"].map(fill),
      steps: job.steps.map((step) => ({ ...step, run: fill(step.run) })),
    })),
  };
}
