import type { Clock, PutMetrics } from "../ports.ts";

export const METRICS_NAMESPACE = "Baton";
/** The one dimension, so that two deployments in an account do not mix. */
export const METRICS_DIMENSION = "Stack";

export interface EmbeddedMetricsOptions {
  readonly stackName: string;
  readonly clock: Clock;
  /** One line of a function's standard output. */
  readonly write: (line: string) => void;
}

/**
 * Metrics as lines of the function's log, which CloudWatch reads figures out of: no call, and no permission to make one
 * (AWS docs: "Embedded metric format specification").
 */
export function createEmbeddedMetrics({ stackName, clock, write }: EmbeddedMetricsOptions): PutMetrics {
  return (figures) => {
    const metrics = Object.keys(figures).map((Name) => ({ Name }));
    const directive = { Namespace: METRICS_NAMESPACE, Dimensions: [[METRICS_DIMENSION]], Metrics: metrics };
    write(JSON.stringify({ _aws: { Timestamp: clock(), CloudWatchMetrics: [directive] }, [METRICS_DIMENSION]: stackName, ...figures }));
  };
}
