/** The OAuth client of the GitHub App. */
export interface OAuthClient {
  readonly clientId: string;
  readonly clientSecret: string;
}
