/** What every page shows around its own. */
export interface PageFrame {
  /** `null` where nobody is signed in. */
  readonly person: { readonly login: string; readonly name: string | null } | null;
  /** Hidden field `csrf` of every form; empty where nobody is signed in. */
  readonly csrf: string;
  readonly deployment: string;
  /** Of Baton. */
  readonly version: string;
  readonly styleUrl: string;
  readonly scriptUrl: string;
}
