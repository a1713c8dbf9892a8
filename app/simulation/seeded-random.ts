/** Chance that is the same for the same seed (sfc32). Each use has a stream of its own, so that one more draw there shifts nothing here. */
export class SeededRandom {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  constructor(seed: number, stream: string) {
    let hash = 2166136261;
    for (const char of `${seed}/${stream}`) hash = Math.imul(hash ^ char.charCodeAt(0), 16777619);
    this.#a = hash | 0;
    this.#b = seed | 0;
    this.#c = Math.imul(hash, 2654435761) | 0;
    for (let round = 0; round < 12; round += 1) this.fraction();
  }

  /** In [0, 1). */
  fraction(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 2 ** 32;
  }

  chance(probability: number): boolean {
    return this.fraction() < probability;
  }

  between(least: number, most: number): number {
    return least + this.fraction() * (most - least);
  }

  /** Both ends included. */
  integer(least: number, most: number): number {
    return least + Math.floor(this.fraction() * (most - least + 1));
  }

  pick<T>(values: readonly [T, ...T[]]): T {
    return values[Math.floor(this.fraction() * values.length)] ?? values[0];
  }
}
