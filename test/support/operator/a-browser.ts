/** As much of a browser as a form needs: cookies by host, redirects, and what `Origin` a form's POST carries. */
export interface Browser {
  get(url: string): Promise<BrowserPage>;
  post(url: string, fields: Readonly<Record<string, string>>, from: string): Promise<BrowserPage>;
}

export interface BrowserPage {
  readonly url: string;
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** Every address that was on the way. */
  readonly way: readonly string[];
}

export function aBrowser(): Browser {
  const cookies = new Map<string, string>();
  const visit = async (method: string, url: string, body: URLSearchParams | null, origin: string | null, way: readonly string[] = []): Promise<BrowserPage> => {
    const { host } = new URL(url);
    const headers: Record<string, string> = {};
    const cookie = cookies.get(host);
    if (cookie !== undefined) headers["cookie"] = cookie;
    if (origin !== null) headers["origin"] = origin;
    const response = await fetch(url, { method, body, headers, redirect: "manual" });
    const set = response.headers.get("set-cookie");
    if (set !== null) cookies.set(host, set.split(";")[0] ?? "");
    const location = response.headers.get("location");
    if (location !== null) {
      await response.text();
      return visit("GET", new URL(location, url).href, null, null, [...way, url]);
    }
    return { url, status: response.status, headers: response.headers, text: await response.text(), way: [...way, url] };
  };
  return {
    get: (url) => visit("GET", url, null, null),
    post: (url, fields, from) => visit("POST", url, new URLSearchParams(fields), new URL(from).origin),
  };
}

/** The form of a page that leads to `action`: where exactly, and its hidden fields. */
export function formOf({ text, url }: BrowserPage, action: RegExp): { readonly action: string; readonly hidden: Record<string, string> } {
  for (const [, attributes = "", inside = ""] of text.matchAll(/<form([^>]*)>([\s\S]*?)<\/form>/g)) {
    const to = unescaped(/action="([^"]*)"/.exec(attributes)?.[1] ?? "");
    if (!action.test(to)) continue;
    const hidden = [...inside.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)">/g)].map(([, name = "", value = ""]) => [name, unescaped(value)]);
    return { action: new URL(to, url).href, hidden: Object.fromEntries(hidden) as Record<string, string> };
  }
  throw new Error(`no form leads to ${action}: ${text}`);
}

/** From setup's review over the click on the simulated GitHub's page, back to setup. */
export async function createOnGithub(browser: Browser, review: BrowserPage): Promise<BrowserPage> {
  const toGithub = formOf(review, /settings\/apps\/new/);
  const asked = await browser.post(toGithub.action, toGithub.hidden, review.url);
  const create = formOf(asked, /settings\/apps$/);
  return browser.post(create.action, create.hidden, asked.url);
}

function unescaped(text: string): string {
  return text.replaceAll("&quot;", '"').replaceAll("&#39;", "'").replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
}
