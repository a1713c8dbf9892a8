import { expect, it } from "vitest";
import { createEmbeddedMetrics } from "../../app/aws/embedded-metrics.ts";
import { TEST_NOW } from "../support/a-workflow-job-event.ts";

it("writes figures as one line in CloudWatch's embedded metric format", () => {
  const lines: string[] = [];
  createEmbeddedMetrics({ namespace: "Baton/Other", clock: () => TEST_NOW, write: (line) => lines.push(line) })({ Days: 1.5, Builds: 0 });
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
    {
      _aws: { Timestamp: TEST_NOW, CloudWatchMetrics: [{ Namespace: "Baton/Other", Dimensions: [[]], Metrics: [{ Name: "Days" }, { Name: "Builds" }] }] },
      Days: 1.5,
      Builds: 0,
    },
  ]);
  expect(lines[0]).not.toContain("\n");
});

it("tells figures of one name apart by a dimension", () => {
  const lines: string[] = [];
  createEmbeddedMetrics({ namespace: "Baton/Other", clock: () => TEST_NOW, write: (line) => lines.push(line) })({ Repairs: 2 }, { Repair: "launch: lease-expired" });
  expect(JSON.parse(lines[0] ?? "")).toEqual({
    _aws: { Timestamp: TEST_NOW, CloudWatchMetrics: [{ Namespace: "Baton/Other", Dimensions: [["Repair"]], Metrics: [{ Name: "Repairs" }] }] },
    Repair: "launch: lease-expired",
    Repairs: 2,
  });
});
