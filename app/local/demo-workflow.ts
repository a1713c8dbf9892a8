import type { WorkflowRequest } from "./github-simulator/github-simulator.ts";

/** A job of the demo: what a person would write in a workflow, what goes wrong with it, and how it has to end. */
export interface DemoJob {
  readonly name: string;
  readonly runsOn: readonly string[];
  readonly run: readonly string[];
  readonly mishap?: "cancelled-before-its-runner" | "delivered-twice" | "delivery-lost";
  /** GitHub's conclusion; `left-alone` for a job that is none of ours. */
  readonly ends: "success" | "failure" | "cancelled" | "left-alone";
}

const SMALL = ["self-hosted", "linux", "x64", "small"];
const LARGE = ["self-hosted", "linux", "x64", "large"];

export const DEMO_REPOSITORY = { organization: "acme", name: "shop" } as const;

/** Who can sign in on the pages. */
export const DEMO_PEOPLE = { admin: "ada", member: "milo" } as const;

export const DEMO_JOBS: readonly DemoJob[] = [
  { name: "lint", runsOn: SMALL, run: ["echo checking $GITHUB_REPOSITORY", "sleep 0.5"], ends: "success" },
  ...["1", "2", "3"].map((shard): DemoJob => ({ name: `unit (${shard})`, runsOn: SMALL, run: [`echo shard ${shard} of 3`, "sleep 1"], ends: "success" })),
  { name: "package", runsOn: LARGE, run: ["echo packing on $RUNNER_NAME", "sleep 1"], ends: "success" },
  { name: "failing test", runsOn: SMALL, run: ["echo expected 4, got 5", "exit 1"], ends: "failure" },
  { name: "docs", runsOn: ["ubuntu-latest"], run: ["echo never here"], ends: "left-alone" },
  { name: "cancelled", runsOn: SMALL, run: ["echo never here"], mishap: "cancelled-before-its-runner", ends: "cancelled" },
  { name: "delivered twice", runsOn: SMALL, run: ["echo once is enough"], mishap: "delivered-twice", ends: "success" },
  { name: "delivery lost", runsOn: LARGE, run: ["echo found by the sweep"], mishap: "delivery-lost", ends: "success" },
];

export function demoWorkflow(): WorkflowRequest {
  return {
    repository: `${DEMO_REPOSITORY.organization}/${DEMO_REPOSITORY.name}`,
    name: "ci",
    jobs: DEMO_JOBS.map(({ name, runsOn, run }) => ({ name, runsOn: [...runsOn], steps: run.map((line) => ({ run: line })) })),
  };
}
