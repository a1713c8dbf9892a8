/** DynamoDB's tagged values as they travel: numbers as text, bytes in base64. */
export interface AttributeValue {
  readonly S?: string;
  readonly N?: string;
  readonly BOOL?: boolean;
  readonly NULL?: boolean;
  readonly B?: string;
  readonly L?: readonly AttributeValue[];
  readonly M?: Readonly<Record<string, AttributeValue>>;
  readonly SS?: readonly string[];
  readonly NS?: readonly string[];
  readonly BS?: readonly string[];
}

/** A JSON value or bytes as DynamoDB writes it. Throws on what neither of the two is, such as NaN. Members that are undefined are left out. */
export function toAttributeValue(value: unknown): AttributeValue {
  if (value === null) return { NULL: true };
  if (value instanceof Uint8Array) return { B: Buffer.from(value).toString("base64") };
  if (Array.isArray(value)) return { L: value.map(toAttributeValue) };
  switch (typeof value) {
    case "string":
      return { S: value };
    case "boolean":
      return { BOOL: value };
    case "number":
      if (Number.isFinite(value)) return { N: String(value) };
      break;
    case "object":
      return { M: toAttributeValues(value) };
    default:
  }
  throw new TypeError(`cannot store ${String(value)}`);
}

export function toAttributeValues(values: object): Record<string, AttributeValue> {
  const defined = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(defined.map(([name, value]) => [name, toAttributeValue(value)]));
}

/** The way back. Sets, which this code never writes, come back as arrays; an unknown kind as undefined. */
export function fromAttributeValue(value: AttributeValue): unknown {
  if (value.S !== undefined) return value.S;
  if (value.N !== undefined) return Number(value.N);
  if (value.BOOL !== undefined) return value.BOOL;
  if (value.NULL !== undefined) return null;
  if (value.B !== undefined) return Buffer.from(value.B, "base64");
  if (value.L !== undefined) return value.L.map(fromAttributeValue);
  if (value.M !== undefined) return fromAttributeValues(value.M);
  return value.SS ?? value.NS?.map(Number) ?? value.BS;
}

export function fromAttributeValues(values: Readonly<Record<string, AttributeValue>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, fromAttributeValue(value)]));
}
