import type { Clock, PutMetrics } from "../ports.ts";

export interface EmbeddedMetricsOptions {
  /** One for each deployment, so that two in an account do not mix. */
  readonly namespace: string;
  readonly clock: Clock;
  /** One line of a function's standard output. */
  readonly write: (line: string) => void;
}

/**
 * Metrics as lines of the function's log, which CloudWatch reads figures out of: no call, and no permission to make one
 * (AWS docs: "Embedded metric format specification").
 */
export function createEmbeddedMetrics({ namespace, clock, write }: EmbeddedMetricsOptions): PutMetrics {
  return (figures, dimensions = {}) => {
    const metrics = Object.keys(figures).map((Name) => ({ Name }));
    const directive = { Namespace: namespace, Dimensions: [Object.keys(dimensions)], Metrics: metrics };
    write(JSON.stringify({ _aws: { Timestamp: clock(), CloudWatchMetrics: [directive] }, ...dimensions, ...figures }));
  };
}
