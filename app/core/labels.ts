/** Labels that say where a job runs but not on whose runners; a job naming only these is anybody's. */
const GENERIC_LABELS: ReadonlySet<string> = new Set([
  "self-hosted",
  "linux",
  "windows",
  "macos",
  "x64",
  "arm",
  "arm64",
]);

/** A job's or a runner's labels, lower-cased, trimmed, each once, in the order given. GitHub compares them without case. */
export type RunnerLabels = readonly string[];

export function runnerLabels(labels: readonly string[]): RunnerLabels {
  return [...new Set(labels.map((label) => label.trim().toLowerCase()).filter((label) => label !== ""))];
}

/** Whether a runner with the labels `offered` may take a job that asks for `wanted`. A job without labels fits no runner. */
export function labelsCover(offered: RunnerLabels, wanted: RunnerLabels): boolean {
  return wanted.length > 0 && wanted.every((label) => offered.includes(label));
}

export function areGenericLabels(labels: RunnerLabels): boolean {
  return labels.every((label) => GENERIC_LABELS.has(label));
}
