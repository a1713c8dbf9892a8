import type { Message } from "./pages/message-page.ts";

/** Ends a request with a page that says why, and nothing of what is inside. */
export class PageProblem extends Error {
  readonly status: 400 | 403 | 404 | 405 | 413 | 429 | 500 | 502 | 503;
  readonly page: Message;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: PageProblem["status"], page: Message, headers: Readonly<Record<string, string>> = {}) {
    super(page.title);
    this.name = "PageProblem";
    this.status = status;
    this.page = page;
    this.headers = headers;
  }
}

/** Nobody is signed in, or GitHub no longer takes their token. `ended` where there was a session. */
export class SignInNeeded extends Error {
  readonly ended: boolean;

  constructor(ended: boolean) {
    super("sign in first");
    this.name = "SignInNeeded";
    this.ended = ended;
  }
}

const START = { href: "/", text: "Your installations" };
const AGAIN = { href: "/sign-in", text: "Sign in again" };

/** The same for what is not there and for what somebody may not see. */
export const notFound = () => new PageProblem(404, { title: "Not found", text: "There is nothing here, or nothing that you may see.", advice: "Baton shows the installations that GitHub lets you administer.", link: START });

export const notSetUp = (advice: string) => new PageProblem(503, { title: "Sign-in is not set up", text: "This deployment does not know the OAuth client of its GitHub App yet.", advice, link: null });

export const signInFailed = (text: string) => new PageProblem(400, { title: "Not signed in", text, advice: "Nothing was changed.", link: AGAIN });

export const formRefused = () =>
  new PageProblem(403, { title: "Not taken", text: "This form is too old, or did not come from these pages.", advice: "Go back, reload the page and try again.", link: START });

export const tooMany = (seconds: number) =>
  new PageProblem(429, { title: "Too many requests", text: "Too much was asked for in a short time.", advice: `Try again in ${seconds} s.`, link: null }, { "retry-after": String(seconds) });

export const tooLarge = () => new PageProblem(413, { title: "Too large", text: "No form of these pages sends that much.", advice: "", link: START });

export const githubSilent = () =>
  new PageProblem(502, { title: "GitHub did not answer", text: "What you may see is asked of GitHub, and it did not answer as it should.", advice: "Try again in a moment; githubstatus.com tells of outages.", link: START });

export const unavailable = () =>
  new PageProblem(503, { title: "Not available", text: "Something that these pages read did not answer.", advice: "Try again in a moment. The function's log says more.", link: START });

export const failed = () => new PageProblem(500, { title: "That failed", text: "The fault is not yours.", advice: "The function's log says more.", link: START });
