// oxlint-disable no-new -- a construct adds itself to its scope
import { Duration, Stack } from "aws-cdk-lib";
import { Alarm, ComparisonOperator, Metric, Stats, TreatMissingData, type IMetric } from "aws-cdk-lib/aws-cloudwatch";
import { SnsAction } from "aws-cdk-lib/aws-cloudwatch-actions";
import { ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Topic, type ITopic } from "aws-cdk-lib/aws-sns";
import { EmailSubscription } from "aws-cdk-lib/aws-sns-subscriptions";
import type { Queue } from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
import { FIGURES } from "../app/core/figures.ts";
import { acknowledge } from "./acknowledge.ts";
import type { AdminFunction } from "./admin-function.ts";
import { metricsNamespace } from "./metrics-namespace.ts";
import type { ReconcileFunction } from "./reconcile-function.ts";
import type { StackSettings } from "./stack-settings.ts";
import type { WebhookFunction } from "./webhook-function.ts";

export interface AlarmsProps {
  readonly settings: Pick<StackSettings, "alarmEmail" | "alarmTopicArn">;
  readonly webhook: WebhookFunction;
  readonly reconcile: ReconcileFunction;
  /** `null` where there are no pages. */
  readonly admin: AdminFunction | null;
  readonly deadLetters: Queue;
}

export interface WatchedMetric {
  readonly metric: IMetric;
  readonly threshold: number;
  /** Minutes in a row. */
  readonly minutes?: number;
  readonly description: string;
  /** By default what is counted is a fault. */
  readonly below?: boolean;
}

/** What a person should hear of, because nothing of ours puts it right. */
export class Alarms extends Construct {
  readonly #topic: ITopic | null;

  constructor(scope: Construct, id: string, props: AlarmsProps) {
    super(scope, id);
    this.#topic = this.#topicOf(props.settings);
    const { webhook, reconcile, admin, deadLetters } = props;
    const perMinute = { period: Duration.minutes(1), statistic: "Sum" };
    const figure = (metricName: string, statistic = Stats.MAXIMUM) => new Metric({ namespace: metricsNamespace(this), metricName, statistic, period: Duration.minutes(1) });

    this.watch("LaunchesNotDelivered", {
      // Received, by the reconciler within seconds, is what every dead letter is: none stays visible for long, and SQS's count of messages
      // sent leaves out what lands here after failed tries (AWS docs: "Using dead-letter queues in Amazon SQS").
      metric: deadLetters.metricNumberOfMessagesReceived(perMinute),
      threshold: 1,
      description: 'Launch events could not start a task; the reconciler tries again. See docs/runbook.md, "Launches do not arrive"',
    });
    this.watch("DeadLettersStay", {
      metric: deadLetters.metricApproximateAgeOfOldestMessage({ period: Duration.minutes(1), statistic: "Maximum" }),
      threshold: Duration.minutes(30).toSeconds(),
      description: 'Dead letters are not dealt with. See docs/runbook.md, "Launches do not arrive"',
    });
    this.watch("JobsGivenUp", {
      metric: figure(FIGURES.jobsGivenUp, Stats.SUM),
      threshold: 1,
      description: 'Jobs will get no runner any more. See docs/runbook.md, "Jobs are given up"',
    });
    this.watch("WebhookFails", {
      metric: webhook.function.metricErrors(perMinute),
      threshold: 1,
      description: 'The webhook function failed or ran out of time. See docs/runbook.md, "The webhook function fails"',
    });
    this.watch("WebhookThrottled", {
      metric: webhook.function.metricThrottles(perMinute),
      threshold: 1,
      description: 'Webhooks are turned away for want of concurrency. See docs/runbook.md, "Webhooks are turned away"',
    });
    this.watch("ReconcilerFails", {
      metric: reconcile.function.metricErrors(perMinute),
      threshold: 1,
      minutes: 3,
      description: 'Rounds of the reconciler fail. See docs/runbook.md, "The reconciler fails"',
    });
    this.watch("ReconcilerSilent", {
      metric: reconcile.function.metricInvocations(perMinute),
      threshold: 1,
      minutes: 5,
      below: true,
      description: 'Nothing calls the reconciler. See docs/runbook.md, "The reconciler is not called"',
    });
    this.watch("NoRoundEnds", {
      // One that is killed keeps its lease for another minute or two, in which those that are called do nothing and fail in nothing.
      metric: figure(FIGURES.roundsEnded, Stats.SUM),
      threshold: 1,
      minutes: 10,
      below: true,
      description: 'No round of the reconciler has come to its end for ten minutes. See docs/runbook.md, "The reconciler fails"',
    });
    if (admin) {
      this.watch("AdminPagesFail", {
        metric: admin.function.metricErrors(perMinute),
        threshold: 1,
        minutes: 3,
        description: 'The admin pages fail. See docs/runbook.md, "The admin pages fail"',
      });
      this.watch("AdminPagesBroken", {
        metric: figure(FIGURES.pagesFailed, Stats.SUM),
        // Whoever gets one reloads it, and the page's script asks again every few seconds.
        threshold: 3,
        description: 'People get error pages. See docs/runbook.md, "The admin pages fail"',
      });
    }
    this.watch("JobsWaitLong", {
      metric: figure(FIGURES.oldestWaiting),
      threshold: Duration.minutes(30).toSeconds(),
      minutes: 5,
      description: 'A job has waited half an hour for its runner. See docs/runbook.md, "Jobs wait long"',
    });
    this.watch("GithubRefuses", {
      metric: figure(FIGURES.credentialsRefused),
      threshold: 1,
      minutes: 3,
      description: 'GitHub refuses runner credentials. See docs/runbook.md, "GitHub refuses credentials"',
    });
    this.watch("RemovalsHeldBack", {
      metric: figure(FIGURES.removalsHeldBack),
      threshold: 1,
      minutes: 10,
      description: 'Most runners or tasks seem to be missing, so nothing is removed. See docs/runbook.md, "Removals are held back"',
    });
  }

  /** One alarm more; other parts add theirs. */
  watch(name: string, { metric, threshold, minutes = 1, description, below = false }: WatchedMetric): void {
    const alarm = new Alarm(this, name, {
      metric,
      threshold,
      evaluationPeriods: minutes,
      comparisonOperator: below ? ComparisonOperator.LESS_THAN_THRESHOLD : ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: below ? TreatMissingData.BREACHING : TreatMissingData.NOT_BREACHING,
      alarmDescription: `Baton: ${description}`,
    });
    if (this.#topic) alarm.addAlarmAction(new SnsAction(this.#topic));
    else acknowledge(alarm, { "cdk-validator-cfnguard::cloudwatch_alarm_action_check": "Without alarmEmail or alarmTopicArn the alarm only shows in CloudWatch" });
  }

  #topicOf({ alarmEmail, alarmTopicArn }: AlarmsProps["settings"]): ITopic | null {
    if (alarmTopicArn !== null) return Topic.fromTopicArn(this, "GivenTopic", alarmTopicArn);
    if (alarmEmail === null) return null;
    const topic = new Topic(this, "Topic", { displayName: "Baton", enforceSSL: true });
    topic.addSubscription(new EmailSubscription(alarmEmail));
    // A topic with a policy of its own, as the one against plain HTTP, has lost the default one that lets the account's alarms publish.
    topic.grantPublish(new ServicePrincipal("cloudwatch.amazonaws.com", { conditions: { StringEquals: { "aws:SourceAccount": Stack.of(this).account } } }));
    acknowledge(topic, {
      "Serverless::Serverless-SNSRedrivePolicy": "An e-mail that does not arrive is not tried again by a queue; CloudWatch shows the alarm all the same",
      "cdk-validator-cfnguard::sns_encrypted_kms_check": "CloudWatch cannot publish to a topic encrypted by AWS's own key, and what an alarm says is no secret",
    });
    return topic;
  }
}
