import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { FIRST_WORKFLOW_PATH, firstWorkflow } from "../../app/core/first-workflow.ts";

const template = readFileSync("docs/first-workflow.yml", "utf8");

describe("the first workflow", () => {
  it("runs on the label that tells the profile, which can still be changed when it is started", () => {
    const workflow = parse(firstWorkflow(template, ["self-hosted", "large"]));
    expect(workflow.on.workflow_dispatch.inputs.profile.default).toBe("large");
    expect(workflow.jobs["first-job"]["runs-on"]).toEqual(["self-hosted", "${{ inputs.profile }}"]);
  });

  it("runs on all labels where one does not tell", () => {
    const workflow = parse(firstWorkflow(template, ["self-hosted", "linux", "gpu"]));
    expect(workflow.jobs["first-job"]["runs-on"]).toEqual(["self-hosted", "linux", "gpu"]);
  });

  it("is refused in another form than is known", () => {
    expect(() => firstWorkflow("on: push\n", ["self-hosted", "small"])).toThrow("another form");
  });

  it("goes where npm run smoke looks for it", () => {
    expect(FIRST_WORKFLOW_PATH).toBe(`.github/workflows/${/"name of the workflow's file", "([^"]+)"/.exec(readFileSync("app/commands/smoke.ts", "utf8"))?.[1]}`);
  });
});
