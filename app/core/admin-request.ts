/** What an administrator asks for on a page. Written to the store; the reconciler checks it and carries it out. */
export interface AdminRequest {
  /** Random; the request's key in the store. */
  readonly id: string;
  readonly wish:
    | { readonly kind: "redeliver"; readonly deliveryId: string; readonly guid: string }
    | { readonly kind: "launch-again"; readonly jobId: string }
    | { readonly kind: "stop"; readonly jobId: string };
  /** The installation on whose page it was asked; the reconciler holds the job or delivery against it. */
  readonly installationId: string;
  /** GitHub's login and id of who asked. The reconciler asks GitHub itself whether they administer the account. */
  readonly by: { readonly login: string; readonly id: string };
  readonly askedAt: number;
  /** `begun` is written before anything is done, so that it is done at most once; one that stays so was cut off in the middle. */
  readonly state: "asked" | "begun" | "done" | "refused";
  /** What came of it, for people; empty before. */
  readonly outcome: string;
  readonly settledAt: number | null;
}
