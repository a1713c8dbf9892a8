/** What happened, for people: kept only where somebody will read it, since a replay tells the same again. */
export class Chronicle {
  readonly lines: string[] = [];
  readonly #now: () => number;
  readonly #start: number;
  readonly #kept: boolean;

  constructor(now: () => number, kept: boolean) {
    this.#now = now;
    this.#start = now();
    this.#kept = kept;
  }

  add(actor: string, what: string | (() => string)): void {
    if (!this.#kept) return;
    this.lines.push(`${elapsed(this.#now() - this.#start)}  ${actor.padEnd(12)}  ${typeof what === "string" ? what : what()}`);
  }
}

/** `0:01:02.345`. */
function elapsed(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000);
  const two = (value: number) => String(value).padStart(2, "0");
  return `${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}.${String(Math.floor(milliseconds % 1000)).padStart(3, "0")}`;
}
