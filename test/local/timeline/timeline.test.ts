import { createColors } from "picocolors";
import { describe, expect, it } from "vitest";
import { describeEntry, drawTimeline } from "../../../app/local/timeline/draw-timeline.ts";
import { createJobTimeline, type TimelineEntry } from "../../../app/local/timeline/job-timeline.ts";

function aTimeline() {
  const clock = { now: 1_000 };
  const timeline = createJobTimeline(() => clock.now);
  const entries: TimelineEntry[] = [];
  timeline.onEntry((entry) => entries.push(entry));
  const at = (ms: number) => {
    clock.now = 1_000 + ms;
    return timeline;
  };
  timeline.add({ jobId: "1", name: "build", labels: ["self-hosted", "small"] });
  return { timeline, at, entries };
}

describe("a job's timeline", () => {
  it("keeps when each step was first reached", () => {
    const { timeline, at } = aTimeline();
    at(200).reach("1", "published");
    at(900).reach("1", "published");
    at(1_500).reach("1", "running", { runner: "baton-1-1" });
    expect(timeline.rows()).toMatchObject([{ steps: { queued: 1_000, published: 1_200, running: 2_500 }, runner: "baton-1-1", ended: false }]);
  });

  it("ends with its conclusion", () => {
    const { timeline, at } = aTimeline();
    at(10).reach("1", "done", { note: "failure" });
    expect(timeline.rows()).toMatchObject([{ note: "failure", ended: true }]);
  });

  it("passes over jobs it does not know", () => {
    const { at, entries } = aTimeline();
    at(10).reach("2", "done");
    expect(entries.map((entry) => entry.step)).toEqual(["queued"]);
  });

  it("tells each thing once", () => {
    const { at, entries } = aTimeline();
    at(10).note("1", "wait: mint-failed");
    at(20).note("1", "wait: mint-failed");
    expect(entries.map((entry) => entry.note)).toEqual(["", "wait: mint-failed"]);
  });
});

describe("the table", () => {
  const { timeline, at } = aTimeline();
  at(240).reach("1", "received");
  at(2_340).reach("1", "done", { note: "success" });

  it("shows the seconds since GitHub queued the job under each step", () => {
    const lines = drawTimeline(timeline.rows(), 140, createColors(false)).split("\n");
    expect(lines[0]).toMatch(/job\s+runs-on\s+received\s+minted\s+published\s+task\s+registered\s+running\s+done\s+outcome/);
    expect(lines[1]).toMatch(/build\s+small\s+0\.2\s+2\.3\s+success/);
  });

  it("fits a narrow terminal", () => {
    const lines = drawTimeline(timeline.rows(), 80, createColors(false)).split("\n");
    expect(lines[1]).toMatch(/build\s+done\s+2\.3\s+success/);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
  });
});

it("a line for a pipe says when, who and what", () => {
  const { at, entries } = aTimeline();
  at(1_500).reach("1", "running", { runner: "baton-1-1" });
  expect(entries.map((entry) => describeEntry(entry, 1_000))).toEqual(["   0.0 s  build                  queued", "   1.5 s  build                  running on baton-1-1"]);
});
