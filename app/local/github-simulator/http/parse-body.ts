import * as z from "zod";
import { Refusal } from "../state/refusal.ts";
import type { Call } from "./route.ts";

/** Where a webhook can go. */
export const webUrl = z.url({ protocol: /^https?$/, error: "is not an address that begins with http:// or https://" });

/** GitHub's 400 for what is not JSON; 422 for JSON of another shape, told by member. An empty body is `{}`. */
export function parseBody<Schema extends z.ZodType>({ text }: Call, schema: Schema): z.output<Schema> {
  const result = schema.safeParse(parseJson(text));
  if (!result.success) throw new Refusal(422, `Invalid request.\n\n${problems(result.error).join("\n")}`);
  return result.data;
}

/** The same for a person at the simulator's own routes: 400, and what to change. */
export function parseControlBody<Schema extends z.ZodType>({ text }: Call, schema: Schema): z.output<Schema> {
  const result = schema.safeParse(parseJson(text));
  if (!result.success) throw new Refusal(400, `The request needs a change: ${problems(result.error).join("; ")}`);
  return result.data;
}

function parseJson(text: string): unknown {
  if (text.trim() === "") return {};
  try {
    return JSON.parse(text);
  } catch {
    throw new Refusal(400, "Problems parsing JSON");
  }
}

function problems({ issues }: z.ZodError): string[] {
  return issues.map(({ path, message }) => (path.length === 0 ? message : `${path.join(".")}: ${message}`));
}
