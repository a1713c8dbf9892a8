/** One look at something outside: what was seen, or why nothing was. A person is told the difference between "wrong" and "could not look". */
export type Look<T> =
  | { readonly kind: "seen"; readonly value: T }
  /** Whoever looked may not; `needs` says what would have to be granted, e.g. `members: read`. */
  | { readonly kind: "not-permitted"; readonly needs: string }
  /** `message` holds no secret. */
  | { readonly kind: "failed"; readonly message: string };

/** The value, or `null` where there is none to be had. */
export function seenOrNull<T>(look: Look<T>): T | null {
  return look.kind === "seen" ? look.value : null;
}

export function mapLook<T, U>(look: Look<T>, map: (value: T) => U): Look<U> {
  return look.kind === "seen" ? { kind: "seen", value: map(look.value) } : look;
}
