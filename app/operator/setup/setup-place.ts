/** What is set up, for the pages' sentences. */
export interface SetupPlace {
  /** "the stack Baton in eu-west-1" or ".env". */
  readonly place: string;
  /** Host of GitHub's pages. */
  readonly githubHost: string;
  /** Where events go; `null` on a laptop, which needs a relay. */
  readonly webhookUrl: string | null;
  /** Where the admin pages are or will be; `null` where there are none. */
  readonly pagesUrl: string | null;
}
