import { describe, expect, it } from "vitest";
import { compileInputTransformer, InvalidInputTransformerError } from "../../../app/local/event-bus/compile-input-transformer.ts";

const event = {
  source: "github.com",
  resources: ["first", "second"],
  detail: { text: "plain", quoted: 'say "hi" \\ there', lines: "a\nb", number: 21, float: 1.5, yes: true, nothing: null, empty: "", object: { a: 1 }, list: ["x"] },
};
const render = (inputTemplate: string, inputPathsMap: Record<string, string> = {}) => compileInputTransformer({ inputPathsMap, inputTemplate })(event);

describe("compileInputTransformer", () => {
  it("gives a string its quotes and escapes where the placeholder stands outside quotes", () => {
    expect(render('{"v":<t>}', { t: "$.detail.text" })).toBe('{"v":"plain"}');
    expect(JSON.parse(render('{"v":<t>}', { t: "$.detail.quoted" }))).toEqual({ v: event.detail.quoted });
    expect(JSON.parse(render('{"v":<t>}', { t: "$.detail.lines" }))).toEqual({ v: "a\nb" });
  });

  it("keeps numbers, booleans, objects and lists as they are", () => {
    const paths = { n: "$.detail.number", f: "$.detail.float", y: "$.detail.yes", o: "$.detail.object", l: "$.detail.list" };
    expect(render('{"n":<n>,"f":<f>,"y":<y>,"o":<o>,"l":<l>}', paths)).toBe('{"n":21,"f":1.5,"y":true,"o":{"a":1},"l":["x"]}');
  });

  it("puts the bare value inside quotes, unescaped", () => {
    expect(render('{"v":"<t> is <n>, <o>"}', { t: "$.detail.text", n: "$.detail.number", o: "$.detail.object" })).toBe('{"v":"plain is 21, {a:1}"}');
    expect(() => JSON.parse(render('{"v":"<t>"}', { t: "$.detail.quoted" }))).toThrow(SyntaxError);
  });

  it("knows an escaped quote from the end of a text", () => {
    expect(render('{"v":"\\"<t>\\"","w":<t>}', { t: "$.detail.text" })).toBe('{"v":"\\"plain\\"","w":"plain"}');
  });

  it("makes an empty text of a path that is not in the event", () => {
    const paths = { gone: "$.detail.gone.deeper", far: "$.resources[7]", proto: "$.detail.constructor" };
    expect(render('{"a":<gone>,"b":"x<gone>y","c":<far>,"d":<proto>}', paths)).toBe('{"a":"","b":"xy","c":"","d":""}');
  });

  it("reads array elements and the envelope", () => {
    expect(render("[<a>,<b>]", { a: "$.resources[1]", b: "$.source" })).toBe('["second","github.com"]');
  });

  it("leaves alone what only looks like a placeholder after substitution", () => {
    const twice = compileInputTransformer({ inputPathsMap: { a: "$.a", b: "$.b" }, inputTemplate: "[<a>,<b>]" });
    expect(twice({ a: "<b>", b: "x" })).toBe('["<b>","x"]');
  });

  it.each([
    ["a reserved variable", { inputPathsMap: {}, inputTemplate: "<aws.events.event.json>" }, "<aws.events.event.json>: the reserved variables are not supported"],
    ["a placeholder without a path", { inputPathsMap: {}, inputTemplate: "<typo>" }, "<typo>: there is no such input path"],
    ["a wildcard path", { inputPathsMap: { a: "$.list[*]" }, inputTemplate: "<a>" }, 'path "$.list[*]" is not supported'],
    ["a path that does not begin at the root", { inputPathsMap: { a: "detail" }, inputTemplate: "<a>" }, 'path "detail"'],
    ["a variable name of AWS' own", { inputPathsMap: { "aws-x": "$.a" }, inputTemplate: "<aws-x>" }, "reserved: aws-x"],
    ["an empty template", { inputPathsMap: {}, inputTemplate: "" }, "0 characters"],
    ["a template that is too long", { inputPathsMap: {}, inputTemplate: "x".repeat(8_193) }, "8193 characters"],
    ["too many paths", { inputPathsMap: Object.fromEntries(Array.from({ length: 101 }, (_, n) => [`p${n}`, "$.a"])), inputTemplate: "x" }, "101 paths"],
  ])("refuses %s", (_what, transformer, message) => {
    expect(() => compileInputTransformer(transformer)).toThrow(InvalidInputTransformerError);
    expect(() => compileInputTransformer(transformer)).toThrow(message);
  });
});
