const BASE = "http://here.invalid";

/** Where somebody wanted to go on this site: path and query. Anything that could lead elsewhere becomes the start page. */
export function localPath(wanted: string | undefined): string {
  if (wanted === undefined || wanted.length > 1_000 || !wanted.startsWith("/") || !URL.canParse(wanted, BASE)) return "/";
  const { origin, pathname, search } = new URL(wanted, BASE);
  // A browser reads `//host` and `/\host` as another site; so does the parser.
  return origin === BASE && !pathname.startsWith("//") ? `${pathname}${search}` : "/";
}
