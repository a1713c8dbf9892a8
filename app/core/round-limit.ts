/**
 * The longest a round of the reconciler may take, seconds: the deployed function's time-out. A round of hundreds of launches takes a
 * minute; the lease that keeps rounds apart runs a little longer than this, so that a killed round is soon followed by the next.
 */
export const ROUND_LIMIT_SECONDS = 120;
