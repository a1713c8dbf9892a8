/** Where a first workflow goes; `npm run smoke` starts it there. */
export const FIRST_WORKFLOW_PATH = ".github/workflows/first-workflow.yml";

const DEFAULT_LABEL = /(^ {8}default: )small$/m;
const RUNS_ON = /(^ {4}runs-on: ).*$/m;

/** `template`: the text of docs/first-workflow.yml, which runs on `small`; with `labels` in its place, as `runsOn` gives them. */
export function firstWorkflow(template: string, labels: readonly string[]): string {
  const [first, second, ...more] = labels;
  if (!DEFAULT_LABEL.test(template) || !RUNS_ON.test(template)) throw new Error("docs/first-workflow.yml has another form than firstWorkflow knows");
  if (first === "self-hosted" && second !== undefined && more.length === 0) return template.replace(DEFAULT_LABEL, `$1${second}`);
  return template.replace(RUNS_ON, `$1[${labels.join(", ")}]`);
}
