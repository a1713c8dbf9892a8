// oxlint-disable no-new -- a construct adds itself to its scope
import { Duration, Stack } from "aws-cdk-lib";
import { Rule, Schedule } from "aws-cdk-lib/aws-events";
import { LambdaFunction as LambdaTarget } from "aws-cdk-lib/aws-events-targets";
import { Effect, PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { ICluster } from "aws-cdk-lib/aws-ecs";
import type { Function as LambdaFunction } from "aws-cdk-lib/aws-lambda";
import { SqsEventSource } from "aws-cdk-lib/aws-lambda-event-sources";
import type { LogGroup } from "aws-cdk-lib/aws-logs";
import type { Queue } from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
import { ROUND_LIMIT_SECONDS } from "../app/core/round-limit.ts";
import { acknowledge, acknowledgeWildcard } from "./acknowledge.ts";
import type { AppSecrets } from "./app-secrets.ts";
import { BatonFunction } from "./baton-function.ts";
import type { CredentialKey } from "./credential-key.ts";
import type { FunctionCode } from "./function-code.ts";
import type { JobEventBus } from "./job-event-bus.ts";
import type { JobsTable } from "./jobs-table.ts";

export interface ReconcileFunctionProps {
  readonly code: FunctionCode;
  readonly environment: Readonly<Record<string, string>>;
  readonly secrets: AppSecrets;
  readonly credentialKey: CredentialKey;
  readonly bus: JobEventBus;
  readonly jobs: JobsTable;
  readonly cluster: ICluster;
  readonly deadLetters: Queue;
  readonly logRetentionDays: number;
}

/** Finds what was lost and removes what is left over: every minute, and at once when a task fails or a launch did not arrive. */
export class ReconcileFunction extends Construct {
  readonly function: LambdaFunction;
  readonly logGroup: LogGroup;

  constructor(scope: Construct, id: string, props: ReconcileFunctionProps) {
    super(scope, id);
    const { cluster } = props;
    const { function: reconciler, logGroup } = new BatonFunction(this, "Reconcile", {
      name: "reconcile",
      code: props.code,
      description: "Baton: finds lost jobs and removes runners and tasks that are left over",
      timeout: Duration.seconds(ROUND_LIMIT_SECONDS),
      // Ten thousand open jobs and their payloads; with memory comes CPU.
      memorySize: 1024,
      environment: { ...props.environment, RUNNER_CLUSTER: cluster.clusterName },
      logRetentionDays: props.logRetentionDays,
    });
    this.function = reconciler;
    this.logGroup = logGroup;

    props.secrets.grantReadApp(reconciler);
    props.jobs.grantReconciling(reconciler);
    props.credentialKey.grantSeal(reconciler);
    props.bus.grantPublish(reconciler);
    this.#grantTasks(cluster);

    // A missed round is made good by the next, so none is tried again.
    reconciler.configureAsyncInvoke({ retryAttempts: 0, maxEventAge: Duration.seconds(60) });
    const target = () => new LambdaTarget(reconciler, { retryAttempts: 0, maxEventAge: Duration.seconds(60) });
    new Rule(this, "EveryMinute", { description: "Baton: a round of the reconciler", schedule: Schedule.rate(Duration.minutes(1)), targets: [target()] });
    new Rule(this, "TaskFailed", {
      description: "Baton: a runner task ended without having run a job",
      eventPattern: {
        source: ["aws.ecs"],
        detailType: ["ECS Task State Change"],
        detail: {
          clusterArn: [cluster.clusterArn],
          lastStatus: ["STOPPED"],
          // GitHub tells of jobs that ran, so those (exit code 0) are left out: hundreds may end in one minute.
          $or: [{ containers: { exitCode: [{ "anything-but": [0] }] } }, { stopCode: [{ "anything-but": ["EssentialContainerExited"] }] }],
        },
      },
      targets: [target()],
    });
    const why = "The next round, a minute later, does what a lost one would have done";
    acknowledge(this, {
      "Serverless::Serverless-EventBusDLQ": why,
      "Serverless::Serverless-LambdaAsyncFailureDestination": why,
      "Serverless::Serverless-LambdaEventSourceMappingDestination": "What cannot be dealt with stays in the queue for 14 days, and an alarm tells",
    });
    reconciler.addEventSource(new SqsEventSource(props.deadLetters, { batchSize: 10, reportBatchItemFailures: true, maxConcurrency: 2 }));
  }

  #grantTasks(cluster: ICluster): void {
    const allow = (actions: string[], resource: string) =>
      this.function.addToRolePolicy(
        new PolicyStatement({ effect: Effect.ALLOW, actions, resources: [resource], conditions: { ArnEquals: { "ecs:cluster": cluster.clusterArn } } }),
      );
    // AWS offers no resource for the list of a cluster's tasks, only this condition (service authorization reference: Amazon ECS).
    allow(["ecs:ListTasks"], "*");
    const tasks = Stack.of(this).formatArn({ service: "ecs", resource: "task", resourceName: `${cluster.clusterName}/*` });
    allow(["ecs:DescribeTasks", "ecs:StopTask"], tasks);
    acknowledgeWildcard(this, tasks, "Tasks are named by ECS when they start; these are all of this cluster, which runs nothing else");
    acknowledgeWildcard(this, "*", "AWS has no resource for ecs:ListTasks; a condition names the cluster");
  }
}
