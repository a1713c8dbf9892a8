import { describe, expect, it } from "vitest";
import { compilePattern, UnsupportedPatternError } from "../../../app/local/event-bus/compile-pattern.ts";

const matches = (pattern: unknown, event: unknown) => compilePattern(pattern)(event);

describe("compilePattern", () => {
  it("matches a value that is in the list, and only exactly that", () => {
    expect(matches({ a: ["x", "y"] }, { a: "y" })).toBe(true);
    expect(matches({ a: ["x"] }, { a: "X" })).toBe(false);
    expect(matches({ a: ["x"] }, { a: "xx" })).toBe(false);
    expect(matches({ a: ["1"] }, { a: 1 })).toBe(false);
    expect(matches({ a: [1] }, { a: 1 })).toBe(true);
    expect(matches({ a: [true] }, { a: "true" })).toBe(false);
    expect(matches({ a: [false] }, { a: false })).toBe(true);
  });

  it("tells null, an empty text and a missing member apart", () => {
    expect(matches({ a: [null] }, { a: null })).toBe(true);
    expect(matches({ a: [null] }, {})).toBe(false);
    expect(matches({ a: [null] }, { a: "" })).toBe(false);
    expect(matches({ a: [""] }, { a: "" })).toBe(true);
    expect(matches({ a: [""] }, {})).toBe(false);
  });

  it("needs every member, however deep", () => {
    const pattern = { source: ["s"], detail: { action: ["queued"], runner: { target: ["t"] } } };
    const event = { source: "s", extra: 1, detail: { action: "queued", runner: { target: "t" } } };
    expect(matches(pattern, event)).toBe(true);
    expect(matches(pattern, { ...event, source: "other" })).toBe(false);
    expect(matches(pattern, { ...event, detail: { action: "queued" } })).toBe(false);
    expect(matches(pattern, { ...event, detail: "queued" })).toBe(false);
  });

  it("lets an array match by any element, and members of one object in it belong together", () => {
    expect(matches({ labels: ["linux"] }, { labels: ["self-hosted", "linux"] })).toBe(true);
    expect(matches({ labels: ["linux"] }, { labels: [] })).toBe(false);
    const pattern = { steps: { name: ["a"], status: ["ok"] } };
    expect(matches(pattern, { steps: [{ name: "b", status: "no" }, { name: "a", status: "ok" }] })).toBe(true);
    expect(matches(pattern, { steps: [{ name: "a", status: "no" }, { name: "b", status: "ok" }] })).toBe(false);
  });

  it("matches anything but the values named, where there is anything", () => {
    expect(matches({ a: [{ "anything-but": [0, 1] }] }, { a: 2 })).toBe(true);
    expect(matches({ a: [{ "anything-but": [0, 1] }] }, { a: 1 })).toBe(false);
    expect(matches({ a: [{ "anything-but": "x" }] }, { a: "y" })).toBe(true);
    expect(matches({ a: [{ "anything-but": "x" }] }, { a: "x" })).toBe(false);
    expect(matches({ a: [{ "anything-but": "x" }] }, {})).toBe(false);
    expect(matches({ a: [{ "anything-but": "x" }, "x"] }, { a: "x" })).toBe(true);
  });

  it("asks for a member to be there, or not to be", () => {
    expect(matches({ s: ["1"], a: [{ exists: false }] }, { s: "1" })).toBe(true);
    expect(matches({ s: ["1"], a: [{ exists: false }] }, { s: "1", a: "" })).toBe(false);
    expect(matches({ a: [{ exists: true }] }, { a: null })).toBe(true);
    expect(matches({ a: [{ exists: true }] }, {})).toBe(false);
  });

  it("needs one of the alternatives, beside all other members", () => {
    const pattern = { s: ["1"], $or: [{ a: ["x"] }, { b: { c: ["y"] } }] };
    expect(matches(pattern, { s: "1", a: "x" })).toBe(true);
    expect(matches(pattern, { s: "1", b: { c: "y" } })).toBe(true);
    expect(matches(pattern, { s: "1", a: "y", b: { c: "x" } })).toBe(false);
    expect(matches(pattern, { a: "x" })).toBe(false);
  });

  it("does not take members of every object's prototype for members of the event", () => {
    expect(matches({ constructor: { name: ["Object"] } }, {})).toBe(false);
    expect(matches(JSON.parse('{"__proto__": {"a": ["x"]}}'), { a: "x" })).toBe(false);
  });

  it.each([
    [{ a: [{ prefix: "x" }] }, 'pattern.a: operator "prefix"'],
    [{ detail: { b: ["x", { "anything-but": [{ prefix: "y" }] }] } }, 'pattern.detail.b: operator "anything-but"'],
    [{ detail: { b: [{ "anything-but": [] }] } }, 'pattern.detail.b: operator "anything-but"'],
    [{ a: [["x"]] }, 'pattern.a: operator "nested list"'],
    [{ a: [{}] }, 'pattern.a: operator "{}"'],
    [{ a: [{ exists: false }, "x"] }, 'operator "exists"'],
    [{ a: [{ exists: "no" }] }, 'operator "exists"'],
    [{ $or: [{ a: ["x"] }] }, "pattern.$or: EventBridge takes a list of at least two patterns"],
    [{ $or: [{ a: ["x"] }, { b: [{ cidr: "10.0.0.0/8" }] }] }, 'pattern.$or.1.b: operator "cidr"'],
    [{ a: [] }, "pattern.a: EventBridge refuses an empty list"],
    [{}, "empty pattern"],
    [{ a: "x" }, "pattern.a: expected a list or an object"],
  ])("refuses %j by name", (pattern, message) => {
    expect(() => compilePattern(pattern)).toThrow(UnsupportedPatternError);
    expect(() => compilePattern(pattern)).toThrow(message);
  });
});
