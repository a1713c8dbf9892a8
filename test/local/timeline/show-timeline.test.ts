import { PassThrough } from "node:stream";
import { expect, it, vi } from "vitest";
import { createJobTimeline } from "../../../app/local/timeline/job-timeline.ts";
import { showTimeline } from "../../../app/local/timeline/show-timeline.ts";

/** What is written, on a terminal or in a pipe. */
function anOutput(terminal: boolean) {
  const written: string[] = [];
  const stream = Object.assign(new PassThrough(), terminal ? { isTTY: true, columns: 160, rows: 40 } : {});
  stream.on("data", (chunk: Buffer) => written.push(chunk.toString()));
  return { stream: stream as unknown as NodeJS.WriteStream, text: () => written.join("") };
}

const ESCAPE = "\u001B";

it("on a terminal redraws its table in place until it ends", () => {
  vi.useFakeTimers();
  try {
    const timeline = createJobTimeline(() => 1_000);
    const { stream, text } = anOutput(true);
    timeline.add({ jobId: "1", name: "build", labels: ["small"] });
    const display = showTimeline(timeline, stream, 0);
    vi.advanceTimersByTime(100);
    const first = text();
    expect(first).toContain("build");
    timeline.reach("1", "done", { note: "success" });
    vi.advanceTimersByTime(100);
    const second = text().slice(first.length);
    expect(second).toContain("success");
    // Back up over what was drawn before.
    expect(second).toMatch(new RegExp(`${ESCAPE}\\[\\d*A`));
    display.end();
    const all = text();
    vi.advanceTimersByTime(1_000);
    expect(text()).toBe(all);
  } finally {
    vi.useRealTimers();
  }
});

it("anywhere else prints one line for each thing that happens, as it happens, and nothing else", () => {
  let now = 1_000;
  const timeline = createJobTimeline(() => now);
  const { stream, text } = anOutput(false);
  const display = showTimeline(timeline, stream, 1_000);
  timeline.add({ jobId: "1", name: "build", labels: ["small"] });
  now = 3_500;
  timeline.reach("1", "done", { note: "success" });
  expect(text()).toBe("   0.0 s  build                  queued\n   2.5 s  build                  done: success\n");
  display.end();
  expect(text()).not.toContain(ESCAPE);
});
