import * as z from "./schema.ts";

/** Where GitHub is: `apiUrl` without trailing slash, `webOrigin` where its pages are and runners register. */
export interface GithubHost {
  readonly apiUrl: string;
  readonly webOrigin: string;
}

/** The API's URL as people set it. */
export const githubApiUrl = z.pipe(
  z._default(z.string(), "https://api.github.com"),
  z.transform((value: string, context): GithubHost => {
    const url = URL.canParse(value) ? new URL(value) : null;
    if (!url || (url.protocol !== "https:" && url.protocol !== "http:") || url.search || url.hash || url.username) {
      context.issues.push({ code: "custom", message: "must be a URL such as https://api.github.com, https://HOST/api/v3 or https://api.SUBDOMAIN.ghe.com", input: null });
      return z.NEVER;
    }
    return { apiUrl: value.replace(/\/+$/, ""), webOrigin: webOrigin(url) };
  }),
);

/** GitHub Docs: REST of github.com is api.github.com, of data residency api.SUBDOMAIN.ghe.com, of GHES https://HOST/api/v3. */
function webOrigin(api: URL): string {
  const isApiHost = api.hostname === "api.github.com" || /^api\.[^.]+\.ghe\.com$/.test(api.hostname);
  return isApiHost ? `${api.protocol}//${api.host.slice("api.".length)}` : api.origin;
}
