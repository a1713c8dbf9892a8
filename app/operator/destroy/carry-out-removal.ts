import { setTimeout as delay } from "node:timers/promises";
import { DescribeAutoScalingGroupsCommand, SetInstanceProtectionCommand, UpdateAutoScalingGroupCommand } from "@aws-sdk/client-auto-scaling";
import { DeleteStackCommand, DescribeStackEventsCommand, UpdateTerminationProtectionCommand } from "@aws-sdk/client-cloudformation";
import { DeleteLogGroupCommand } from "@aws-sdk/client-cloudwatch-logs";
import { DeleteRepositoryCommand as DeleteSourceRepositoryCommand } from "@aws-sdk/client-codecommit";
import { DeleteRepositoryCommand as DeleteImageRepositoryCommand } from "@aws-sdk/client-ecr";
import { DescribeTasksCommand, ListTasksCommand, StopTaskCommand } from "@aws-sdk/client-ecs";
import { DisableRuleCommand } from "@aws-sdk/client-eventbridge";
import { DeleteSecretCommand } from "@aws-sdk/client-secrets-manager";
import { OperatorError, operatorError } from "../aws-trouble.ts";
import { findStack, type DeployedStack } from "../deployed-stack.ts";
import type { OperatorClients } from "../operator-clients.ts";
import type { RemovalAction } from "./removal-plan.ts";

export interface RemovalTools {
  readonly clients: OperatorClients;
  readonly stack: DeployedStack;
  /** Of a secret that the stack keeps; 7 to 30. */
  readonly recoveryDays: number;
  /** Between two looks at what AWS is doing, milliseconds. */
  readonly pollMs: number;
  readonly clock: () => number;
  /** Hears what is waited for. */
  readonly waiting: (text: string) => void;
}

/** `StopTask` lets a container end for up to 120 s. */
const TASKS_LIMIT_MS = 5 * 60_000;
/** Network interfaces of stopped tasks hold a subnet for a while. */
const STACK_LIMIT_MS = 60 * 60_000;
const CALL_LIMIT_MS = 20_000;

/** Codes of AWS for what is not there: a removal that is run again finds some of it done. */
const GONE = new Set(["ResourceNotFoundException", "RepositoryNotFoundException", "RepositoryDoesNotExistException", "ClusterNotFoundException", "NotFoundException", "ResourceNotFound", "TableNotFoundException"]);

/** Carries out one step of the plan. What is gone already counts as removed. Fails with `OperatorError`. */
export async function carryOut(action: RemovalAction, tools: RemovalTools): Promise<void> {
  try {
    await STEPS[action.kind](action as never, tools);
  } catch (error) {
    if (error instanceof Error && GONE.has(error.name)) return;
    throw operatorError(wordsOfAction(action), error);
  }
}

type Steps = { readonly [Kind in RemovalAction["kind"]]: (action: Extract<RemovalAction, { kind: Kind }>, tools: RemovalTools) => Promise<unknown> };

const STEPS: Steps = {
  "disable-rule": ({ rule, bus }, { clients }) => clients.eventBridge.send(new DisableRuleCommand({ Name: rule, ...(bus !== null && { EventBusName: bus }) })),
  "stop-tasks": ({ cluster }, tools) => stopTasks(cluster, tools),
  "empty-group": ({ group }, tools) => emptyGroup(group, tools),
  "unprotect-table": ({ table }, { clients }) => clients.dynamoDb.call("UpdateTable", { TableName: table, DeletionProtectionEnabled: false }, AbortSignal.timeout(CALL_LIMIT_MS)),
  "unprotect-stack": (_, { clients, stack }) => clients.cloudFormation.send(new UpdateTerminationProtectionCommand({ StackName: stack.name, EnableTerminationProtection: false })),
  "delete-stack": (_, tools) => deleteStack(tools),
  "delete-table": ({ table }, { clients }) => clients.dynamoDb.call("DeleteTable", { TableName: table }, AbortSignal.timeout(CALL_LIMIT_MS)),
  "delete-image-repository": ({ repository }, { clients }) => clients.ecr.send(new DeleteImageRepositoryCommand({ repositoryName: repository, force: true })),
  "delete-source-repository": ({ repository }, { clients }) => clients.codeCommit.send(new DeleteSourceRepositoryCommand({ repositoryName: repository })),
  "delete-secret": ({ secret }, { clients, recoveryDays }) => clients.secretsManager.send(new DeleteSecretCommand({ SecretId: secret, RecoveryWindowInDays: recoveryDays })),
  // The shortest that KMS allows: what the key sealed has expired within the hour.
  "delete-key": ({ key }, { clients }) => clients.kms.call("ScheduleKeyDeletion", { KeyId: key, PendingWindowInDays: 7 }, AbortSignal.timeout(CALL_LIMIT_MS)),
  "delete-log-group": ({ logGroup }, { clients }) => clients.logs.send(new DeleteLogGroupCommand({ logGroupName: logGroup })),
};

export function wordsOfAction(action: RemovalAction): string {
  switch (action.kind) {
    case "disable-rule":
      return `disable the rule ${action.rule}`;
    case "stop-tasks":
      return `stop the tasks on ${action.cluster}`;
    case "empty-group":
      return `end the instances of ${action.group}`;
    case "unprotect-table":
      return `take the deletion protection off ${action.table}`;
    case "unprotect-stack":
      return "take the termination protection off the stack";
    case "delete-stack":
      return "delete the stack";
    case "delete-table":
      return `delete the table ${action.table}`;
    case "delete-image-repository":
      return `delete the image repository ${action.repository}`;
    case "delete-source-repository":
      return `delete the CodeCommit repository ${action.repository}`;
    case "delete-secret":
      return `delete the secret ${action.secret}`;
    case "delete-key":
      return `schedule the key ${action.key} for deletion`;
    case "delete-log-group":
      return `delete the log group ${action.logGroup}`;
  }
}

async function stopTasks(cluster: string, { clients: { ecs }, pollMs, clock, waiting }: RemovalTools): Promise<void> {
  const deadline = clock() + TASKS_LIMIT_MS;
  for (;;) {
    const { taskArns: running = [] } = await ecs.send(new ListTasksCommand({ cluster, desiredStatus: "RUNNING" }));
    for (const task of running) await ecs.send(new StopTaskCommand({ cluster, task, reason: "Baton is being removed" }));
    // Those that are asked to stop are listed under STOPPED at once, and hold the cluster for as long as their containers take.
    const ending = running.length === 0 ? await countEnding(ecs, cluster) : running.length;
    if (ending === 0) return;
    if (clock() > deadline) throw new OperatorError(`Tasks on ${cluster} do not end, or keep starting. See what launches them.`);
    waiting(`${ending} task(s) to end`);
    await delay(pollMs);
  }
}

async function countEnding(ecs: RemovalTools["clients"]["ecs"], cluster: string): Promise<number> {
  const { taskArns: tasks = [] } = await ecs.send(new ListTasksCommand({ cluster, desiredStatus: "STOPPED" }));
  if (tasks.length === 0) return 0;
  const { tasks: described = [] } = await ecs.send(new DescribeTasksCommand({ cluster, tasks }));
  return described.filter(({ lastStatus }) => lastStatus !== "STOPPED").length;
}

async function emptyGroup(group: string, { clients: { autoScaling }, pollMs, clock, waiting }: RemovalTools): Promise<void> {
  const deadline = clock() + TASKS_LIMIT_MS;
  // A maximum of zero: the capacity provider cannot ask for instances again.
  await autoScaling.send(new UpdateAutoScalingGroupCommand({ AutoScalingGroupName: group, MinSize: 0, MaxSize: 0, DesiredCapacity: 0, NewInstancesProtectedFromScaleIn: false }));
  for (;;) {
    const { AutoScalingGroups } = await autoScaling.send(new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [group] }));
    const instances = AutoScalingGroups?.[0]?.Instances ?? [];
    if (instances.length === 0) return;
    const held = instances.filter((instance) => instance.ProtectedFromScaleIn).map(({ InstanceId = "" }) => InstanceId);
    if (held.length > 0) await autoScaling.send(new SetInstanceProtectionCommand({ AutoScalingGroupName: group, InstanceIds: held, ProtectedFromScaleIn: false }));
    // CloudFormation waits for the rest as well, and longer.
    if (clock() > deadline) return;
    waiting(`${instances.length} instance(s) to end`);
    await delay(pollMs);
  }
}

async function deleteStack({ clients: { cloudFormation }, stack, pollMs, clock, waiting }: RemovalTools): Promise<void> {
  const started = clock();
  if (stack.status !== "DELETE_IN_PROGRESS") await cloudFormation.send(new DeleteStackCommand({ StackName: stack.arn }));
  for (;;) {
    // By its ARN: by name a deleted stack is not found, and another may have taken the name.
    const status = (await findStack(cloudFormation, stack.arn))?.status ?? "DELETE_COMPLETE";
    if (status === "DELETE_COMPLETE") return;
    if (status === "DELETE_FAILED") throw new OperatorError(await deletionFailure(cloudFormation, stack));
    if (clock() - started > STACK_LIMIT_MS) throw new OperatorError(`The stack ${stack.name} is still ${status} after an hour. AWS goes on by itself.`);
    waiting(`CloudFormation: ${status}, ${Math.round((clock() - started) / 1000)} s`);
    await delay(pollMs);
  }
}

async function deletionFailure(client: OperatorClients["cloudFormation"], stack: DeployedStack): Promise<string> {
  const { StackEvents = [] } = await client.send(new DescribeStackEventsCommand({ StackName: stack.arn }));
  const reasons = StackEvents.filter(({ ResourceStatus, ResourceType }) => ResourceStatus === "DELETE_FAILED" && ResourceType !== "AWS::CloudFormation::Stack").map(
    ({ LogicalResourceId, ResourceStatusReason }) => `  ${LogicalResourceId}: ${ResourceStatusReason ?? "no reason given"}`,
  );
  return `CloudFormation could not delete everything:\n${[...new Set(reasons)].join("\n")}\nPut that right.`;
}
