export interface RefusalFacts {
  readonly errors?: readonly unknown[];
  readonly retryAfterSeconds?: number;
  /** The primary limit is used up: the answer's rate-limit headers say so. */
  readonly exhausted?: boolean;
}

/** GitHub says no: a status and GitHub's own words. The HTTP edge turns it into the answer. */
export class Refusal extends Error {
  readonly status: number;
  readonly facts: RefusalFacts;

  constructor(status: number, message: string, facts: RefusalFacts = {}) {
    super(message);
    this.name = "Refusal";
    this.status = status;
    this.facts = facts;
  }
}

/** What GitHub answers for what is not there and for what the caller may not know of. */
export function notFound(): Refusal {
  return new Refusal(404, "Not Found");
}
