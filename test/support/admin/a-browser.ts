/** What sends a request and follows nothing. */
export type Send = (request: Request) => Response | Promise<Response>;

export interface Page {
  /** Where the browser ended up. */
  readonly url: string;
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** Hidden fields of the page's forms, the last of a name. */
  readonly fields: Readonly<Record<string, string>>;
}

export interface Browser {
  /** Goes there and follows redirects. */
  open(url: string, headers?: Readonly<Record<string, string>>): Promise<Page>;
  /** Sends a form as a browser does, with the origin of the page it is on, and follows redirects. */
  submit(url: string, fields: Readonly<Record<string, string>>, headers?: Readonly<Record<string, string>>): Promise<Page>;
  /** One request, followed nowhere. */
  send(url: string, init?: RequestInit): Promise<Response>;
  /** `name=value` pairs by origin; may be changed. */
  cookies(origin: string): Map<string, string>;
  /** Every Set-Cookie line there was. */
  readonly setCookies: readonly string[];
}

const REDIRECTS = 8;

/** Keeps cookies by origin, follows redirects, sends forms. `sites`: by origin, what answers it; the built-in fetch answers the others. */
export function aBrowser(sites: Readonly<Record<string, Send>> = {}): Browser {
  const jars = new Map<string, Map<string, string>>();
  const setCookies: string[] = [];
  const cookies = (origin: string) => {
    const jar = jars.get(origin) ?? new Map<string, string>();
    jars.set(origin, jar);
    return jar;
  };

  const send: Browser["send"] = async (url, init = {}) => {
    const { origin } = new URL(url);
    const headers = new Headers(init.headers);
    const jar = cookies(origin);
    if (jar.size > 0 && !headers.has("cookie")) headers.set("cookie", [...jar].map(([name, value]) => `${name}=${value}`).join("; "));
    const request = new Request(url, { ...init, headers, redirect: "manual" });
    const response = await (sites[origin] ?? fetch)(request);
    for (const line of response.headers.getSetCookie()) {
      setCookies.push(line);
      const [pair = "", ...attributes] = line.split("; ");
      const at = pair.indexOf("=");
      if (attributes.includes("Max-Age=0")) jar.delete(pair.slice(0, at));
      else jar.set(pair.slice(0, at), pair.slice(at + 1));
    }
    return response;
  };

  const follow = async (first: Response, from: string): Promise<Page> => {
    let [response, url] = [first, from];
    for (let redirects = 0; redirects < REDIRECTS; redirects++) {
      const location = response.status >= 300 && response.status < 400 ? response.headers.get("location") : null;
      if (location === null) return read(response, url);
      url = new URL(location, url).href;
      response = await send(url);
    }
    throw new Error(`more than ${REDIRECTS} redirects, the last to ${url}`);
  };

  return {
    send,
    cookies,
    setCookies,
    open: async (url, headers = {}) => follow(await send(url, { headers }), url),
    async submit(url, fields, headers = {}) {
      const body = new URLSearchParams(fields).toString();
      const origin = new URL(url).origin;
      return follow(await send(url, { method: "POST", body, headers: { "content-type": "application/x-www-form-urlencoded", origin, "sec-fetch-site": "same-origin", ...headers } }), url);
    },
  };
}

async function read(response: Response, url: string): Promise<Page> {
  const text = await response.text();
  const fields: Record<string, string> = {};
  for (const [tag] of text.matchAll(/<input[^>]*type="hidden"[^>]*>/g)) {
    const name = /name="([^"]*)"/.exec(tag)?.[1];
    const value = /value="([^"]*)"/.exec(tag)?.[1];
    if (name !== undefined && value !== undefined) fields[name] = value.replaceAll("&amp;", "&");
  }
  return { url, status: response.status, headers: response.headers, text, fields };
}
