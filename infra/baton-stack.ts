// oxlint-disable no-new -- a construct adds itself to its scope
import { CfnOutput, Stack, Tags, type StackProps } from "aws-cdk-lib";
import type { LogGroup } from "aws-cdk-lib/aws-logs";
import type { Construct } from "constructs";
import { targetHasSudo, targetsInUse, type RunnerProfiles } from "../app/core/runner-profiles.ts";
import { AdminFunction } from "./admin-function.ts";
import { Alarms } from "./alarms.ts";
import { AppSecrets } from "./app-secrets.ts";
import { STACK_TAG } from "./cost-tags.ts";
import { CredentialKey } from "./credential-key.ts";
import type { FunctionCode } from "./function-code.ts";
import { Dashboard } from "./dashboard.ts";
import { functionEnvironment } from "./function-environment.ts";
import { ImageBuild } from "./image-build.ts";
import { ImageSource } from "./image-source.ts";
import { JobEventBus } from "./job-event-bus.ts";
import { JobsTable } from "./jobs-table.ts";
import { LaunchDeadLetterQueue } from "./launch-dead-letter-queue.ts";
import { LaunchRule } from "./launch-rule.ts";
import { LaunchTargetTask } from "./launch-target-task.ts";
import { metricsNamespace } from "./metrics-namespace.ts";
import { ReconcileFunction } from "./reconcile-function.ts";
import { ReleaseWatch } from "./release-watch.ts";
import { RunnerCluster } from "./runner-cluster.ts";
import { RunnerImageRepository } from "./runner-image-repository.ts";
import { RunnerNetwork } from "./runner-network.ts";
import type { StackSettings } from "./stack-settings.ts";
import { WebhookFunction } from "./webhook-function.ts";

export interface BatonStackProps extends StackProps {
  readonly profiles: RunnerProfiles;
  readonly settings: StackSettings;
  readonly functionCode: FunctionCode;
}

/**
 * The way of a job on AWS, one construct per step. The constructs show the CDK's interfaces, by `as`: its classes do not satisfy
 * them under `exactOptionalPropertyTypes`.
 */
export class BatonStack extends Stack {
  constructor(scope: Construct, id: string, props: BatonStackProps) {
    super(scope, id, props);
    const { profiles, settings, functionCode: code } = props;
    const { githubApiUrl, logRetentionDays } = settings;
    const targets = targetsInUse(profiles);

    // What the steps share.
    const secrets = new AppSecrets(this, "Secrets");
    const credentialKey = new CredentialKey(this, "CredentialKey");
    const jobs = new JobsTable(this, "Jobs", { protected: settings.protectJobsTable });
    const jobEvents = new JobEventBus(this, "JobEventBus", settings);
    const environment = functionEnvironment({
      settings,
      profiles,
      appSecretId: secrets.app.secretArn,
      eventBusName: jobEvents.bus.eventBusName,
      jobsTable: jobs.table.tableName,
      credentialKeyId: credentialKey.key.keyId,
      metricsNamespace: metricsNamespace(this),
    });
    const functions = { code, environment, secrets, credentialKey, bus: jobEvents, jobs, logRetentionDays };

    // receive ▶ decide ▶ claim ▶ mint ▶ seal ▶ publish
    const webhook = new WebhookFunction(this, "Receive", { ...functions, reservedConcurrency: settings.reservedConcurrency });

    // launch: where tasks run, what they run, and the rule that starts one for each launch event
    const network = new RunnerNetwork(this, "Network", settings);
    const runners = new RunnerCluster(this, "Runners", { network, settings, targets });
    const { repository } = new RunnerImageRepository(this, "RunnerImage", profiles);
    const { queue: deadLetterQueue } = new LaunchDeadLetterQueue(this, "LaunchDeadLetters");
    const taskLogGroups: LogGroup[] = [];
    for (const target of targets) {
      const sudo = targetHasSudo(profiles, target.name);
      const { taskDefinition, logGroup } = new LaunchTargetTask(this, `Task-${target.name}`, { target, repository, credentialKey, githubApiUrl, sudo, logRetentionDays });
      taskLogGroups.push(logGroup);
      new LaunchRule(this, `Launch-${target.name}`, { target, bus: jobEvents.bus, runners, network, taskDefinition, deadLetterQueue });
    }

    // what tasks run: built of its source, and again whenever that or GitHub's runner has changed
    const imageSource = new ImageSource(this, "ImageSource", { kind: settings.imageSource });
    const imageBuild = new ImageBuild(this, "ImageBuild", { source: imageSource, repository, runnerVersion: settings.runnerVersion, logRetentionDays });
    const releaseWatch = new ReleaseWatch(this, "ReleaseWatch", { ...settings, code, jobs, repository, source: imageSource, build: imageBuild });

    // reconcile: what was lost is found, what is left over is removed
    const reconcile = new ReconcileFunction(this, "Reconcile", { ...functions, cluster: runners.cluster, deadLetters: deadLetterQueue });

    // what people see and ask for
    const admin = settings.adminPages ? new AdminFunction(this, "Pages", { code, settings, profiles, secrets, jobs, cluster: runners.cluster, taskLogGroups }) : null;

    // what only a person can put right
    const alarms = new Alarms(this, "Alarms", { settings, webhook, reconcile, admin, deadLetters: deadLetterQueue });
    releaseWatch.addAlarms(alarms);
    new Dashboard(this, "Overview", { webhook, reconcile, deadLetters: deadLetterQueue });

    Tags.of(this).add(STACK_TAG, this.stackName);

    this.#output("WebhookUrl", webhook.url, "Where GitHub sends the App's webhooks");
    this.#output("EventBusName", jobEvents.bus.eventBusName, "Every decision, for whoever subscribes");
    this.#output("RunnerImageRepositoryUri", repository.repositoryUri, "Tasks run its tag latest");
    this.#output("ImageSourceUrl", imageSource.url, "What the runner image is built of");
    this.#output("ImageBuildProjectName", imageBuild.project.projectName, "Builds the runner image, as a batch");
    this.#output("ClusterName", runners.cluster.clusterName, "Where runner tasks run");
    this.#output("AppSecretId", secrets.app.secretArn, "JSON {appId, privateKey, webhookSecret}; without a value until setup");
    this.#output("OAuthSecretId", secrets.oauth.secretArn, "JSON {clientId, clientSecret}; without a value until setup");
    this.#output("CredentialKeyId", credentialKey.key.keyId, "Seals runner credentials");
    this.#output("JobsTableName", jobs.table.tableName, "One record a job");
    this.#output("WebhookFunctionName", webhook.function.functionName, "Receives webhooks");
    this.#output("ReconcileFunctionName", reconcile.function.functionName, "A round every minute");
    if (admin) this.#output("AdminUrl", admin.url, "The admin pages");
    this.#output("NextStep", `npm run setup -- --stack ${this.stackName}`, "Creates or connects the GitHub App and writes its secrets");
  }

  #output(name: string, value: string, description: string): void {
    new CfnOutput(this, name, { value, description });
  }
}
