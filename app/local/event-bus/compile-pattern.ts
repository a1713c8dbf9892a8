/** An event pattern uses what this matcher does not implement. The message names it and where it stands. */
export class UnsupportedPatternError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "UnsupportedPatternError";
  }
}

export type EventMatcher = (event: unknown) => boolean;

/**
 * Compiles an EventBridge pattern of nested members and lists of exact values. A list matches a value that is in it, or an array that
 * shares an element with it; a nested pattern matches an array by any one of its elements. All members must match. Numbers are
 * compared by value, where EventBridge compares their spelling (300 is not 3.0e2); JSON.stringify spells each in one way.
 * Throws `UnsupportedPatternError` for content filters (`prefix`, `exists`, `anything-but`, …) and `$or`.
 *
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html
 */
export function compilePattern(pattern: unknown, path = "pattern"): EventMatcher {
  if (Array.isArray(pattern)) return compileValues(pattern, path);
  if (typeof pattern !== "object" || pattern === null) throw new UnsupportedPatternError(`${path}: expected a list or an object`);
  const members = Object.entries(pattern);
  if (members.length === 0) throw new UnsupportedPatternError(`${path}: EventBridge refuses an empty pattern`);

  const compiled = members.map(([name, member]) => {
    if (name === "$or") throw new UnsupportedPatternError(`${path}: operator "$or" is not supported`);
    return { name, matches: compilePattern(member, `${path}.${name}`) };
  });
  const matchesObject = (value: unknown): boolean =>
    typeof value === "object" && value !== null && compiled.every(({ name, matches }) => Object.hasOwn(value, name) && matches((value as Record<string, unknown>)[name]));
  return (value) => (Array.isArray(value) ? value.some(matchesObject) : matchesObject(value));
}

function compileValues(values: readonly unknown[], path: string): EventMatcher {
  if (values.length === 0) throw new UnsupportedPatternError(`${path}: EventBridge refuses an empty list`);
  for (const value of values) {
    if (typeof value !== "object" || value === null) continue;
    const operator = Array.isArray(value) ? "nested list" : (Object.keys(value)[0] ?? "{}");
    throw new UnsupportedPatternError(`${path}: operator "${operator}" is not supported; only exact values are`);
  }
  const exact = new Set(values);
  return (value) => (Array.isArray(value) ? value.some((element) => exact.has(element)) : exact.has(value));
}
