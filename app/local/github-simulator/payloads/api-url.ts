/** The REST API under the simulator's origin, reached as a GitHub Enterprise Server's. */
export function apiUrl({ origin }: { readonly origin: string }): string {
  return `${origin}/api/v3`;
}
