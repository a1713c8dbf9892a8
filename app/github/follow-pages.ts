import type { CallParameters, GithubAnswer, GithubCall } from "./app-octokit.ts";

/**
 * Pages of a list, one call each, by the query of the `Link` header's `next`. Its host is not followed: the token goes nowhere but to
 * the API it was made for. Ends after `pageLimit` pages.
 */
export async function* followPages(call: GithubCall, route: string, parameters: CallParameters, pageLimit: number): AsyncGenerator<GithubAnswer> {
  let query: CallParameters | null = {};
  for (let page = 0; page < pageLimit && query !== null; page++) {
    const answer: GithubAnswer = await call(route, { ...parameters, ...query });
    yield answer;
    query = nextQuery(answer.headers["link"]);
  }
}

/** The query of the `next` link; `null` on the last page. */
export function nextQuery(link: string | number | undefined): CallParameters | null {
  const next = /<([^<>]+)>;\s*rel="next"/.exec(String(link ?? ""))?.[1];
  return next !== undefined && URL.canParse(next) ? Object.fromEntries(new URL(next).searchParams) : null;
}
