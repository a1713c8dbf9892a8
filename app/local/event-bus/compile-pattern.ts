/** An event pattern uses what this matcher does not implement. The message names it and where it stands. */
export class UnsupportedPatternError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "UnsupportedPatternError";
  }
}

export type EventMatcher = (event: unknown) => boolean;

/**
 * Compiles an EventBridge pattern of nested members, lists of exact values, `anything-but` such values, `exists` alone, and `$or`. A list matches a value
 * that is in it, or an array that shares an element with it; a nested pattern matches an array by any one of its elements. All members
 * must match, and of `$or` any. Numbers are compared by value, where EventBridge compares their spelling (300 is not 3.0e2); JSON.stringify
 * spells each in one way. Throws `UnsupportedPatternError` for other content filters (`prefix`, `cidr`, …), which no rule of ours has.
 *
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html
 */
export function compilePattern(pattern: unknown, path = "pattern"): EventMatcher {
  if (Array.isArray(pattern)) return compileValues(pattern, path);
  if (typeof pattern !== "object" || pattern === null) throw new UnsupportedPatternError(`${path}: expected a list or an object`);
  const members = Object.entries(pattern);
  if (members.length === 0) throw new UnsupportedPatternError(`${path}: EventBridge refuses an empty pattern`);

  const compiled = members.map(([name, member]) => (name === "$or" ? compileAlternatives(member, `${path}.$or`) : compileMember(name, member, `${path}.${name}`)));
  const matchesObject = (value: unknown): boolean => typeof value === "object" && value !== null && compiled.every((matches) => matches(value));
  return (value) => (Array.isArray(value) ? value.some(matchesObject) : matchesObject(value));
}

function compileMember(name: string, member: unknown, path: string): EventMatcher {
  const presence = Array.isArray(member) && member.length === 1 ? presenceOf(member[0]) : null;
  if (presence !== null) return (value) => Object.hasOwn(value as object, name) === presence;
  const matches = compilePattern(member, path);
  return (value) => Object.hasOwn(value as object, name) && matches((value as Record<string, unknown>)[name]);
}

/** What `{"exists": …}` asks for; `null` when it is something else. */
function presenceOf(value: unknown): boolean | null {
  if (typeof value !== "object" || value === null || Object.keys(value).length !== 1) return null;
  const { exists } = value as { exists?: unknown };
  return typeof exists === "boolean" ? exists : null;
}

function compileAlternatives(alternatives: unknown, path: string): EventMatcher {
  if (!Array.isArray(alternatives) || alternatives.length < 2) throw new UnsupportedPatternError(`${path}: EventBridge takes a list of at least two patterns`);
  const compiled = alternatives.map((alternative, index) => compilePattern(alternative, `${path}.${index}`));
  return (value) => compiled.some((matches) => matches(value));
}

function compileValues(values: readonly unknown[], path: string): EventMatcher {
  if (values.length === 0) throw new UnsupportedPatternError(`${path}: EventBridge refuses an empty list`);
  const tests = values.map((value) => compileValue(value, path));
  const matchesOne = (value: unknown): boolean => tests.some((test) => test(value));
  return (value) => (Array.isArray(value) ? value.some(matchesOne) : matchesOne(value));
}

function compileValue(value: unknown, path: string): EventMatcher {
  if (typeof value !== "object" || value === null) return (candidate) => candidate === value;
  const [[operator = "{}", argument] = []] = Array.isArray(value) ? [["nested list"]] : Object.entries(value);
  const unwanted = Array.isArray(argument) ? (argument as unknown[]) : [argument];
  if (operator === "anything-but" && unwanted.length > 0 && unwanted.every((each) => typeof each === "string" || typeof each === "number")) {
    const excluded = new Set<unknown>(unwanted);
    return (candidate) => !excluded.has(candidate);
  }
  throw new UnsupportedPatternError(`${path}: operator "${operator}" is not supported; only exact values, anything-but such values, exists alone, and $or are`);
}
