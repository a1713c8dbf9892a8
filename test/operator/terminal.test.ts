import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { createTerminal } from "../../app/operator/terminal.ts";

function streams(isTTY: boolean) {
  const input = Object.assign(new PassThrough(), { isTTY });
  const output = Object.assign(new PassThrough(), { isTTY });
  return { input, output, written: () => String(output.read() ?? "") };
}

describe("what a command says", () => {
  it("has colour on a terminal and none in a pipe", () => {
    const [terminal, pipe] = [streams(true), streams(false)].map((io) => ({ ...io, terminal: createTerminal(io) }));
    terminal?.terminal.say(terminal.terminal.colors.green("done"));
    pipe?.terminal.say(pipe.terminal.colors.green("done"));
    expect(terminal?.written()).toBe("\u001B[32mdone\u001B[39m\n");
    expect(pipe?.written()).toBe("done\n");
  });

  it("is one JSON object and nothing else where a script reads, even on a terminal", () => {
    const io = streams(true);
    const terminal = createTerminal({ ...io, json: true });
    terminal.say("for people");
    terminal.json({ ok: true });
    expect(io.written()).toBe('{"ok":true}\n');
    expect(terminal.interactive).toBe(false);
  });

  it("asks a person, and takes the answer without spaces around it", async () => {
    const io = streams(true);
    const answer = createTerminal(io).ask("name? ");
    io.input.write("  Baton \n");
    expect(await answer).toBe("Baton");
  });

  it("does not wait for an answer in a pipe", async () => {
    await expect(createTerminal(streams(false)).ask("name? ")).rejects.toThrow(/nobody to answer "name\?"/);
  });

  it("ends a question on Ctrl-C", async () => {
    const controller = new AbortController();
    const answer = createTerminal({ ...streams(true), signal: controller.signal }).ask("name? ");
    controller.abort();
    await expect(answer).rejects.toThrow(/Interrupted. Nothing was changed/);
  });
});
