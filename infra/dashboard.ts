// oxlint-disable no-new -- a construct adds itself to its scope
import { Duration, Stack } from "aws-cdk-lib";
import { Dashboard as CloudWatchDashboard, GraphWidget, MathExpression, Metric, Stats, type IMetric } from "aws-cdk-lib/aws-cloudwatch";
import type { Queue } from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
import { FIGURES, REPAIR_DIMENSION } from "../app/core/figures.ts";
import { DAYS_BEHIND_METRIC } from "../app/core/runner-image.ts";
import { metricsNamespace } from "./metrics-namespace.ts";
import type { ReconcileFunction } from "./reconcile-function.ts";
import type { WebhookFunction } from "./webhook-function.ts";

export interface DashboardProps {
  readonly webhook: WebhookFunction;
  readonly reconcile: ReconcileFunction;
  readonly deadLetters: Queue;
}

/** How jobs fare, on one page. */
export class Dashboard extends Construct {
  constructor(scope: Construct, id: string, { webhook, reconcile, deadLetters }: DashboardProps) {
    super(scope, id);
    const stack = Stack.of(this);
    const namespace = metricsNamespace(this);
    const figure = (metricName: string, statistic: string, label: string) => new Metric({ namespace, metricName, statistic, label, period: Duration.minutes(1) });
    const perMinute = { statistic: Stats.SUM, period: Duration.minutes(1) };
    const graph = (title: string, ...left: readonly IMetric[]) => new GraphWidget({ title, left: [...left], width: 8, height: 6 });

    const dashboard = new CloudWatchDashboard(this, "Dashboard", { dashboardName: `${stack.stackName}-${stack.region}`, defaultInterval: Duration.hours(3) });
    dashboard.addWidgets(
      graph("Queue time, ms", figure(FIGURES.queueTime, "p50", "half of all"), figure(FIGURES.queueTime, "p95", "95 of 100")),
      graph("Launches", figure(FIGURES.launches, Stats.SUM, "a minute")),
      graph("Oldest job without a runner, s", figure(FIGURES.oldestWaiting, Stats.MAXIMUM, "oldest")),
      graph("Jobs", figure(FIGURES.jobsWaiting, Stats.MAXIMUM, "waiting"), figure(FIGURES.jobsGivenUp, Stats.SUM, "given up")),
      graph(
        "Repairs by reason",
        new MathExpression({ expression: `SEARCH('{"${namespace}",${REPAIR_DIMENSION}} MetricName="${FIGURES.repairs}"', 'Sum', 60)`, label: "", usingMetrics: {}, period: Duration.minutes(1) }),
      ),
      graph("Dead letters", deadLetters.metricNumberOfMessagesReceived({ ...perMinute, label: "received" })),
      graph("GitHub refuses, removals held back", figure(FIGURES.credentialsRefused, Stats.MAXIMUM, "jobs refused"), figure(FIGURES.removalsHeldBack, Stats.MAXIMUM, "held back")),
      graph("Runner image, days behind", new Metric({ namespace, metricName: DAYS_BEHIND_METRIC, statistic: Stats.MAXIMUM, period: Duration.hours(1), label: "days" })),
      graph("Rounds of the reconciler", figure(FIGURES.roundsEnded, Stats.SUM, "ended")),
      graph("Function errors", webhook.function.metricErrors({ ...perMinute, label: "webhook" }), reconcile.function.metricErrors({ ...perMinute, label: "reconcile" }), figure(FIGURES.pagesFailed, Stats.SUM, "error pages")),
    );
  }
}
