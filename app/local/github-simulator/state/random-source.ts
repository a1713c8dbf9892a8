import { createHash } from "node:crypto";

/** Reproducible from its seed: tokens, GUIDs and choices of a simulated GitHub. */
export interface RandomSource {
  /** In [0, 1). */
  fraction(): number;
  /** Lower-case hexadecimal. */
  hex(length: number): string;
  /** Letters and digits, as in GitHub's tokens. */
  letters(length: number): string;
  guid(): string;
}

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

export function createRandomSource(seed: string): RandomSource {
  let block = 0;
  let pool = Buffer.alloc(0);
  const take = (count: number): Buffer => {
    while (pool.length < count) pool = Buffer.concat([pool, createHash("sha256").update(`${seed}:${block++}`).digest()]);
    const taken = pool.subarray(0, count);
    pool = pool.subarray(count);
    return taken;
  };
  const hex = (length: number): string => take(Math.ceil(length / 2)).toString("hex").slice(0, length);
  return {
    fraction: () => take(4).readUInt32BE() / 2 ** 32,
    hex,
    letters: (length) => Array.from(take(length), (byte) => ALPHABET[byte % ALPHABET.length]).join(""),
    guid: () => `${hex(8)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(12)}`,
  };
}
