import { createHash, timingSafeEqual } from "node:crypto";

/** Compares in a time that does not tell how much of it was right, whatever the lengths. */
export function isSameText(one: string, other: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}
