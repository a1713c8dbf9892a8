import type { ZodMiniType } from "../schema.ts";
import { PayloadError } from "./payload-error.ts";

/** Fails with `PayloadError`, which names the first member that is wrong but never its value. */
export function parsePayload<T>(schema: ZodMiniType<T>, payload: unknown): T {
  const result = schema.safeParse(payload);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw new PayloadError(issue?.path.join(".") ?? "", issue?.message ?? "unexpected");
}
