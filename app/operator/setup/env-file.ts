import { chmodSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";

/** `null` takes a variable out: its line becomes a comment that says by whom. */
export type EnvChanges = Readonly<Record<string, string | null>>;

/** The text of a `.env` with some variables changed and every other line as it was. */
export function changeEnv(text: string, changes: EnvChanges): string {
  const left = new Map(Object.entries(changes));
  const lines = text === "" ? [] : text.replace(/\n$/, "").split("\n");
  const changed: string[] = [];
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? "";
    const [, name, begun] = /^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)$/.exec(line) ?? [];
    if (name === undefined || !Object.hasOwn(changes, name)) {
      changed.push(line);
      continue;
    }
    const quote = /^["'`]/.exec(begun ?? "")?.[0];
    // A quoted value may go on over several lines, as a pasted key does.
    if (quote !== undefined && !(begun ?? "").slice(1).includes(quote)) while (at + 1 < lines.length && !(lines[++at] ?? "").includes(quote));
    const value = changes[name];
    if (value === null) changed.push(`# ${name} was taken out by npm run setup`);
    // The last of several lines would count; one is enough.
    else if (value !== undefined && left.has(name)) changed.push(assignment(name, value));
    left.delete(name);
  }
  for (const [name, value] of left) if (value !== null) changed.push(assignment(name, value));
  return changed.length === 0 ? "" : `${changed.join("\n")}\n`;
}

/** Readable by its owner only, and never half written: a crash leaves the old file. */
export function writePrivateFile(file: string, text: string): void {
  const temporary = `${file}.${process.pid}.tmp`;
  try {
    writeFileSync(temporary, text, { mode: 0o600, flag: "wx" });
    // The mode above is subject to the umask, which can only take away.
    chmodSync(temporary, 0o600);
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/** Empty when there is no file. */
export function readTextFile(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw error;
  }
}

/** As `util.parseEnv` and Probot's dotenv both read it back. */
function assignment(name: string, value: string): string {
  if (/^[\w./:@-]*$/.test(value)) return `${name}=${value}`;
  if (/["\\]/.test(value)) throw new Error(`${name} cannot be written to .env: it holds quotes or backslashes`);
  return `${name}="${value.trimEnd().replaceAll("\n", "\\n")}"`;
}
