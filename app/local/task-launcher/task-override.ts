import * as z from "zod";

/** RunTask takes at most this many characters of overrides, as JSON (ECS API reference: TaskOverride). */
export const OVERRIDES_LIMIT = 8_192;

const keyValue = z.strictObject({ name: z.string(), value: z.string() });

/** ECS' TaskOverride as far as it is understood here. Strict: a member that ECS does not know is a typing error, not an extra. */
export const taskOverride = z.strictObject({
  containerOverrides: z
    .array(z.strictObject({ name: z.string(), environment: z.array(keyValue).optional(), command: z.array(z.string()).optional() }))
    .optional(),
  // An empty text is what a missing path of an event leaves behind; ECS takes it as no override.
  cpu: z.string().regex(/^\d*$/, "must be a number as text").optional(),
  memory: z.string().regex(/^\d*$/, "must be a number as text").optional(),
  ephemeralStorage: z.strictObject({ sizeInGiB: z.int().min(21).max(200) }).optional(),
  taskRoleArn: z.string().optional(),
  executionRoleArn: z.string().optional(),
});

export type TaskOverride = z.infer<typeof taskOverride>;
