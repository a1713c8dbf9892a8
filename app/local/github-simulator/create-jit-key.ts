import { generateKeyPair, type KeyObject } from "node:crypto";
import { promisify } from "node:util";

const generate = promisify(generateKeyPair);

/** One key for all JIT configs of a simulator, made when the first is asked for: a key takes a tenth of a second. */
export function createJitKey(): () => Promise<KeyObject> {
  let key: Promise<KeyObject> | null = null;
  return () => (key ??= generate("rsa", { modulusLength: 2048 }).then(({ privateKey }) => privateKey));
}
