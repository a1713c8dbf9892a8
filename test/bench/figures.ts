/** Middle value; the mean of the two middle ones of an even count. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** By linear interpolation between the closest ranks; `share` from 0 to 1. Throws when there are no values. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const place = (sorted.length - 1) * share;
  const below = sorted[Math.floor(place)];
  const above = sorted[Math.ceil(place)];
  if (below === undefined || above === undefined) throw new Error("no values");
  return below + (above - below) * (place - Math.floor(place));
}

/** One line of the table: what was measured, against what, and what it must not pass. */
export interface Figure {
  readonly what: string;
  readonly value: number;
  readonly unit: "ms" | "MiB" | "KiB";
  /** The floor's figure of the same run, where the target is a ratio. */
  readonly floor?: number;
  /** Largest ratio to the floor, or largest value where there is no floor; without one the figure is only told. */
  readonly target?: number;
}

export function ratio(figure: Figure): number | null {
  return figure.floor === undefined ? null : figure.value / figure.floor;
}

export function meetsTarget(figure: Figure): boolean {
  return figure.target === undefined || (ratio(figure) ?? figure.value) <= figure.target;
}
