import { Duration, Stack } from "aws-cdk-lib";
import { Effect, PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { ICluster } from "aws-cdk-lib/aws-ecs";
import { FunctionUrlAuthType, type Function as LambdaFunction } from "aws-cdk-lib/aws-lambda";
import type { LogGroup } from "aws-cdk-lib/aws-logs";
import { Construct } from "constructs";
import type { RunnerProfiles } from "../app/core/runner-profiles.ts";
import { serializeRunnerProfiles } from "../app/parse-runner-profiles.ts";
import { acknowledge, acknowledgeWildcard } from "./acknowledge.ts";
import type { AppSecrets } from "./app-secrets.ts";
import { BatonFunction } from "./baton-function.ts";
import type { FunctionCode } from "./function-code.ts";
import { FUNCTION_NODE_OPTIONS } from "./function-node-options.ts";
import type { JobsTable } from "./jobs-table.ts";
import { metricsNamespace } from "./metrics-namespace.ts";
import { ADMIN_CONCURRENCY, type StackSettings } from "./stack-settings.ts";

export interface AdminFunctionProps {
  readonly code: FunctionCode;
  readonly settings: Pick<StackSettings, "runnerNamePrefix" | "githubApiUrl" | "logLevel" | "logRetentionDays" | "reservedConcurrency">;
  readonly profiles: RunnerProfiles;
  readonly secrets: AppSecrets;
  readonly jobs: JobsTable;
  readonly cluster: ICluster;
  readonly taskLogGroups: readonly LogGroup[];
}

/** The admin pages on a Function URL. It has no key of the App: what people want changed it writes down, and the reconciler decides. */
export class AdminFunction extends Construct {
  readonly function: LambdaFunction;
  readonly logGroup: LogGroup;
  /** `https://….lambda-url.REGION.on.aws/`. */
  readonly url: string;

  constructor(scope: Construct, id: string, props: AdminFunctionProps) {
    super(scope, id);
    const { settings, cluster, secrets, jobs } = props;
    const { function: pages, logGroup } = new BatonFunction(this, "Admin", {
      name: "admin",
      code: props.code,
      description: "Baton: the admin pages",
      // Several calls to GitHub of 4 s each, side by side, and what is over is for the start of the function.
      timeout: Duration.seconds(20),
      memorySize: 1024,
      environment: {
        OAUTH_SECRET_ID: secrets.oauth.secretArn,
        JOBS_TABLE: jobs.table.tableName,
        RUNNER_CLUSTER: cluster.clusterName,
        RUNNER_PROFILES: serializeRunnerProfiles(props.profiles),
        RUNNER_NAME_PREFIX: settings.runnerNamePrefix,
        GITHUB_API_URL: settings.githubApiUrl,
        METRICS_NAMESPACE: metricsNamespace(this),
        DEPLOYMENT_NAME: Stack.of(this).stackName,
        TASK_LOG_GROUPS: props.taskLogGroups.map(({ logGroupName }) => logGroupName).join(","),
        LOG_LEVEL: settings.logLevel,
        NODE_OPTIONS: FUNCTION_NODE_OPTIONS,
      },
      logRetentionDays: settings.logRetentionDays,
      reservedConcurrency: settings.reservedConcurrency === null ? null : ADMIN_CONCURRENCY,
    });
    this.function = pages;
    this.logGroup = logGroup;

    secrets.grantReadOAuth(pages);
    jobs.grantReadingForPeople(pages);
    jobs.grantAsking(pages);
    this.#grantTasks(cluster);

    // People come with a browser, which has no AWS credentials; GitHub says who they are, and what they may see.
    this.url = pages.addFunctionUrl({ authType: FunctionUrlAuthType.NONE }).url;
    const why = "Browsers cannot sign with AWS's credentials; without a session sealed by this function it shows nothing but the way to sign in at GitHub";
    acknowledge(pages, {
      "cdk-validator-cfnguard::lambda_function_url_auth_check": why,
      "cdk-validator-cfnguard::lambda_function_public_access_prohibited_check": why,
    });
  }

  #grantTasks(cluster: ICluster): void {
    const allow = (action: string, resource: string) =>
      this.function.addToRolePolicy(
        new PolicyStatement({ effect: Effect.ALLOW, actions: [action], resources: [resource], conditions: { ArnEquals: { "ecs:cluster": cluster.clusterArn } } }),
      );
    const tasks = Stack.of(this).formatArn({ service: "ecs", resource: "task", resourceName: `${cluster.clusterName}/*` });
    allow("ecs:ListTasks", "*");
    allow("ecs:DescribeTasks", tasks);
    acknowledgeWildcard(this, tasks, "Tasks are named by ECS when they start; these are all of this cluster, which runs nothing else");
    acknowledgeWildcard(this, "*", "AWS has no resource for ecs:ListTasks; a condition names the cluster");
  }
}
