export interface InputTransformer {
  /** Name → JSON path into the whole event, such as `$.detail.runner.name` or `$.resources[0]`. */
  readonly inputPathsMap: Readonly<Record<string, string>>;
  readonly inputTemplate: string;
}

/** A transformer that EventBridge would not take, or that uses what is not implemented here. */
export class InvalidInputTransformerError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "InvalidInputTransformerError";
  }
}

/** Limits of the API (EventBridge API reference: InputTransformer). */
const PATHS_LIMIT = 100;
const TEMPLATE_LIMIT = 8_192;

type Piece = { readonly text: string } | { readonly variable: string; readonly quoted: boolean };

/**
 * Compiles a transformer for a target that takes JSON. As EventBridge does: a placeholder outside quotes becomes its value as JSON, so
 * that a string gets its quotes and a number stays one; inside quotes the bare text is put in and **not** escaped, and an object loses
 * its quotes; a path that is not in the event gives an empty string. The result may therefore be no JSON at all, and delivery fails.
 *
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
 */
export function compileInputTransformer(transformer: InputTransformer, path = "InputTransformer"): (event: unknown) => string {
  const { inputPathsMap, inputTemplate } = transformer;
  const names = Object.keys(inputPathsMap);
  if (names.length > PATHS_LIMIT) throw new InvalidInputTransformerError(`${path}: ${names.length} paths, at most ${PATHS_LIMIT}`);
  if (inputTemplate.length === 0 || inputTemplate.length > TEMPLATE_LIMIT) {
    throw new InvalidInputTransformerError(`${path}: the template has ${inputTemplate.length} characters; 1 to ${TEMPLATE_LIMIT} are allowed`);
  }
  const readers = new Map<string, (event: unknown) => unknown>();
  for (const name of names) {
    if (!/^[A-Za-z0-9_-]{1,256}$/.test(name)) throw new InvalidInputTransformerError(`${path}: "${name}" is no name for a variable`);
    if (/^aws/i.test(name)) throw new InvalidInputTransformerError(`${path}: names that begin with AWS are reserved: ${name}`);
    readers.set(name, compilePath(inputPathsMap[name] ?? "", `${path}.${name}`));
  }
  const pieces = parseTemplate(inputTemplate);
  for (const piece of pieces) {
    if (!("variable" in piece) || readers.has(piece.variable)) continue;
    const why = piece.variable.startsWith("aws.") ? "the reserved variables are not supported here" : "there is no such input path";
    throw new InvalidInputTransformerError(`${path}: <${piece.variable}>: ${why}`);
  }

  return (event) =>
    pieces
      .map((piece) => {
        if ("text" in piece) return piece.text;
        const value = readers.get(piece.variable)?.(event);
        return piece.quoted ? bareText(value) : JSON.stringify(value === undefined ? "" : value);
      })
      .join("");
}

function bareText(value: unknown): string {
  if (value === undefined) return "";
  if (typeof value === "string") return value;
  return JSON.stringify(value).replaceAll('"', "");
}

/** Cuts the template at its placeholders and notes which of them stand inside a JSON string. */
function parseTemplate(template: string): Piece[] {
  const pieces: Piece[] = [];
  let quoted = false;
  let end = 0;
  for (const token of template.matchAll(/\\.|"|<([A-Za-z0-9_.-]+)>/gs)) {
    if (token[0] === '"') quoted = !quoted;
    const variable = token[1];
    if (variable === undefined) continue;
    pieces.push({ text: template.slice(end, token.index) }, { variable, quoted });
    end = token.index + token[0].length;
  }
  pieces.push({ text: template.slice(end) });
  return pieces;
}

/** `$`, `.name` and `[index]`; EventBridge also knows wildcards, which nothing here uses. */
function compilePath(jsonPath: string, where: string): (event: unknown) => unknown {
  if (!/^\$(\.[\w/-]+|\[\d+\])*$/.test(jsonPath)) throw new InvalidInputTransformerError(`${where}: path "${jsonPath}" is not supported`);
  const steps = [...jsonPath.matchAll(/\.([\w/-]+)|\[(\d+)\]/g)].map(([, name, index]) => name ?? Number(index));
  return (event) => {
    let value = event;
    for (const step of steps) {
      if (typeof value !== "object" || value === null || Array.isArray(value) !== (typeof step === "number") || !Object.hasOwn(value, step)) return undefined;
      value = (value as Record<string | number, unknown>)[step];
    }
    return value;
  };
}
