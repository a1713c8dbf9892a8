/**
 * What a log may hold of an error: no further members, because `@octokit/webhooks` hangs the whole event on errors and Octokit the request.
 */
export function errorFacts(error: unknown): { readonly error: string; readonly stack?: string } {
  if (!(error instanceof Error)) return { error: typeof error === "string" ? error : "not an Error" };
  const facts = { error: `${error.name}: ${error.message}` };
  return error.stack === undefined ? facts : { ...facts, stack: error.stack };
}
