import type { Answer, Call } from "./route.ts";

/** GitHub docs: 30 a page, at most 100. */
export function pageSize({ query }: Call): number {
  const asked = Number(query.get("per_page") ?? 30);
  return Number.isInteger(asked) && asked > 0 ? Math.min(asked, 100) : 30;
}

/** One page of `items` and GitHub's `Link` header. */
export function page<Item>(origin: string, call: Call, items: readonly Item[]): { items: readonly Item[]; headers: NonNullable<Answer["headers"]> } {
  const size = pageSize(call);
  const last = Math.max(1, Math.ceil(items.length / size));
  const number = Math.max(1, Math.trunc(Number(call.query.get("page") ?? 1)) || 1);
  const links: [string, number][] = [];
  if (number > 1) links.push(["prev", number - 1], ["first", 1]);
  if (number < last) links.push(["next", number + 1], ["last", last]);
  const headers = links.length === 0 ? {} : linkHeader(links.map(([relation, target]) => [relation, linkTo(origin, call, { page: String(target) })]));
  return { items: items.slice((number - 1) * size, number * size), headers };
}

export function linkTo(origin: string, { path, query }: Call, changed: Readonly<Record<string, string>>): string {
  const search = new URLSearchParams(query);
  for (const [name, value] of Object.entries(changed)) search.set(name, value);
  return `${origin}/api/v3${path}?${search}`;
}

export function linkHeader(links: readonly (readonly [relation: string, url: string])[]): { link: string } {
  return { link: links.map(([relation, url]) => `<${url}>; rel="${relation}"`).join(", ") };
}
