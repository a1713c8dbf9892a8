import { readFileSync, readdirSync } from "node:fs";

export interface ProcessListing {
  readonly pid: number;
  readonly arguments: string;
  readonly environment: string;
}

/** `root` and all below it, from /proc; what ends meanwhile is left out. */
export function processTree(root: number): ProcessListing[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const parent = attempt(() => Number(/.*\) \S (\d+)/s.exec(readFileSync(`/proc/${name}/stat`, "utf8"))?.[1]));
    if (parent !== undefined) parents.set(Number(name), parent);
  }
  const isBelow = (pid: number): boolean => pid === root || (pid > 1 && isBelow(parents.get(pid) ?? 0));
  return [...parents.keys()].filter(isBelow).flatMap((pid) => {
    const listing = attempt(() => ({
      pid,
      arguments: readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim(),
      environment: readFileSync(`/proc/${pid}/environ`, "utf8").replaceAll("\0", "\n"),
    }));
    return listing ? [listing] : [];
  });
}

/** A zombie counts as gone. */
export function isAlive(pid: number): boolean {
  return attempt(() => !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8"))) ?? false;
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
