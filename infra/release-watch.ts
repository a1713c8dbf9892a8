// oxlint-disable no-new -- a construct adds itself to its scope
import { Duration, Stack } from "aws-cdk-lib";
import { Metric, Stats } from "aws-cdk-lib/aws-cloudwatch";
import type { IRepository } from "aws-cdk-lib/aws-ecr";
import { Rule, Schedule, type EventPattern } from "aws-cdk-lib/aws-events";
import { LambdaFunction as LambdaTarget } from "aws-cdk-lib/aws-events-targets";
import { Effect, PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { Function as LambdaFunction } from "aws-cdk-lib/aws-lambda";
import type { LogGroup } from "aws-cdk-lib/aws-logs";
import { Construct } from "constructs";
import { jobsTableDefinition } from "../app/aws/jobs-table-definition.ts";
import { DAYS_BEHIND_METRIC, FRUITLESS_BUILDS_METRIC } from "../app/core/runner-image.ts";
import { acknowledge } from "./acknowledge.ts";
import type { Alarms } from "./alarms.ts";
import { BatonFunction } from "./baton-function.ts";
import type { FunctionCode } from "./function-code.ts";
import type { ImageBuild } from "./image-build.ts";
import type { ImageSource } from "./image-source.ts";
import type { JobsTable } from "./jobs-table.ts";
import { metricsNamespace } from "./metrics-namespace.ts";

export interface ReleaseWatchProps {
  readonly code: FunctionCode;
  readonly repository: IRepository;
  readonly source: ImageSource;
  readonly build: ImageBuild;
  readonly jobs: JobsTable;
  /** `null` follows the newest release. */
  readonly runnerVersion: string | null;
  readonly logLevel: string;
  readonly logRetentionDays: number;
}

/** GitHub gives no work to an agent 30 days after a newer release: half of that is left to mend what keeps the image from being built. */
const DAYS_BEHIND_LIMIT = 14;
/** Three in a row are no bad hour of somebody's servers any more: 40 minutes lie between the first and the third. */
const FRUITLESS_BUILDS_LIMIT = 3;

/** Sees to it that the image has the newest runner release and the source as it is, and says so when it cannot. */
export class ReleaseWatch extends Construct {
  readonly function: LambdaFunction;
  readonly logGroup: LogGroup;
  readonly #metricsNamespace: string;

  constructor(scope: Construct, id: string, props: ReleaseWatchProps) {
    super(scope, id);
    const { source, runnerVersion } = props;
    const { stackId } = Stack.of(this);
    this.#metricsNamespace = metricsNamespace(this);
    const { function: watch, logGroup } = new BatonFunction(this, "Watch", {
      name: "release-watch",
      code: props.code,
      description: "Baton: starts a build when the runner image is missing, outdated or of another source",
      timeout: Duration.seconds(60),
      memorySize: 256,
      environment: {
        METRICS_NAMESPACE: this.#metricsNamespace,
        JOBS_TABLE: props.jobs.table.tableName,
        RUNNER_IMAGE_REPOSITORY: props.repository.repositoryName,
        IMAGE_BUILD_PROJECT: props.build.project.projectName,
        ...source.environment,
        ...(runnerVersion !== null && { RUNNER_VERSION: runnerVersion }),
        LOG_LEVEL: props.logLevel,
      },
      logRetentionDays: props.logRetentionDays,
    });
    this.function = watch;
    this.logGroup = logGroup;

    props.jobs.grantOneRecord(watch, jobsTableDefinition.imageRecordKey);
    watch.addToRolePolicy(new PolicyStatement({ effect: Effect.ALLOW, actions: ["ecr:DescribeImages"], resources: [props.repository.repositoryArn] }));
    props.build.grantBuilding(watch);
    source.grantRevision(watch);

    // A round that failed is made good by the next.
    watch.configureAsyncInvoke({ retryAttempts: 0, maxEventAge: Duration.minutes(5) });
    const target = () => new LambdaTarget(watch, { retryAttempts: 1, maxEventAge: Duration.minutes(5) });
    const when = (name: string, description: string, eventPattern: EventPattern) => new Rule(this, name, { description, eventPattern, targets: [target()] });
    new Rule(this, "Regularly", { description: "Baton: a look at the runner image", schedule: Schedule.rate(Duration.minutes(15)), targets: [target()] });
    // After the first deployment there is no image, after others the version or the source may be another. By an event and not by a custom resource: a
    // deployment neither waits for a build nor fails with it.
    when("Deployed", "Baton: this stack was deployed", {
      source: ["aws.cloudformation"],
      detailType: ["CloudFormation Stack Status Change"],
      detail: { "stack-id": [stackId], "status-details": { status: ["CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"] } },
    });
    if (source.changes) when("SourceChanged", "Baton: somebody pushed to the image's source", source.changes);

    const why = "The next look, a quarter of an hour later, does what a lost one would have done";
    acknowledge(this, { "Serverless::Serverless-EventBusDLQ": why, "Serverless::Serverless-LambdaAsyncFailureDestination": why });
  }

  /** What only a person can put right. */
  addAlarms(alarms: Alarms): void {
    const figure = (metricName: string) => new Metric({ namespace: this.#metricsNamespace, metricName, statistic: Stats.MAXIMUM, period: Duration.hours(1) });
    alarms.watch("ImageTooOld", {
      metric: figure(DAYS_BEHIND_METRIC),
      threshold: DAYS_BEHIND_LIMIT,
      description: `The runner image is ${DAYS_BEHIND_LIMIT} days behind the newest release; after 30 GitHub gives it no work. See docs/runbook.md, "The runner image is too old"`,
    });
    alarms.watch("ImageNotBuilt", {
      metric: figure(FRUITLESS_BUILDS_METRIC),
      threshold: FRUITLESS_BUILDS_LIMIT,
      description: 'Builds of the runner image do not bring one. See docs/runbook.md, "The runner image is not built"',
    });
    alarms.watch("ImageNotWatched", {
      metric: this.function.metricErrors({ statistic: Stats.SUM, period: Duration.hours(1) }),
      // It looks four times an hour.
      threshold: 3,
      description: 'The release watch fails. See docs/runbook.md, "The release watch fails"',
    });
  }
}
