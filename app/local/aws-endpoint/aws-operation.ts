import type { z } from "zod";

/** One API call: the parsed JSON body in, the answer's body out. Fails with `AwsError`. */
export type AwsOperation = (input: unknown) => Promise<object>;

/** An error in the shape of AWS JSON 1.1. */
export class AwsError extends Error {
  readonly code: string;
  readonly status: number;

  constructor(code: string, message: string, status = 400) {
    super(message);
    this.name = "AwsError";
    this.code = code;
    this.status = status;
  }
}

/** The input in its expected form. Throws the error that AWS answers for a body of another form. */
export function parseInput<T>(schema: z.ZodType<T>, input: unknown): T {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map((issue) => `${issue.path.map(String).join(".") || "body"}: ${issue.message}`);
  throw new AwsError("SerializationException", faults.join("; "));
}
