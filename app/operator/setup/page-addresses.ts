/** Where the admin pages are, as GitHub has to know it. */
export interface PageAddresses {
  /** Sign-in ends there. */
  readonly callbackUrl: string;
  /** Whoever has installed or changed an installation is sent there. */
  readonly setupUrl: string;
}

/** `pagesUrl`: the admin pages' own, with or without a slash at its end. */
export function pageAddresses(pagesUrl: string): PageAddresses {
  const origin = pagesUrl.replace(/\/+$/, "");
  return { callbackUrl: `${origin}/sign-in/callback`, setupUrl: `${origin}/installed` };
}
