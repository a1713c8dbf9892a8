import { ListRepositoriesCommand } from "@aws-sdk/client-codecommit";
import { ListRolesCommand } from "@aws-sdk/client-iam";
import { GetAccountSettingsCommand } from "@aws-sdk/client-lambda";
import { GetAWSDefaultServiceQuotaCommand, GetServiceQuotaCommand, ListServiceQuotasCommand, NoSuchResourceException } from "@aws-sdk/client-service-quotas";
import { GetCallerIdentityCommand } from "@aws-sdk/client-sts";
import { awsTrouble, OperatorError, wordsOf } from "../aws-trouble.ts";
import { findStack } from "../deployed-stack.ts";
import type { OperatorClients } from "../operator-clients.ts";
import type { AccountFacts, AccountObservation, BuildMachine, Caller, Seen } from "./account-observation.ts";
import type { DeployWishes } from "./deploy-findings.ts";

/** The name of CDK's own, unless somebody chose another. */
const BOOTSTRAP_STACK = "CDKToolkit";

/** Looks, and changes nothing. Never rejects: what cannot be looked at says why. */
export async function observeAccount(clients: OperatorClients, wishes: DeployWishes): Promise<AccountObservation> {
  const region = await clients.sts.config.region().then(
    (name) => name || null,
    () => null,
  );
  const caller = await whoCalls(clients, region);
  if (region === null || caller.kind === "unknown") return { region, caller, account: null };
  return { region, caller, account: await observe(clients, wishes) };
}

async function whoCalls({ sts }: OperatorClients, region: string | null): Promise<Caller> {
  try {
    // Without a region there is nowhere to ask, but whether there are credentials can be told all the same.
    if (region === null) await sts.config.credentials();
    else {
      const { Account, Arn } = await sts.send(new GetCallerIdentityCommand({}));
      return { kind: "known", account: Account ?? "", arn: Arn ?? "" };
    }
    return { kind: "known", account: "", arn: "" };
  } catch (error) {
    return { kind: "unknown", trouble: awsTrouble(error), why: wordsOf(error) };
  }
}

async function observe(clients: OperatorClients, { stackName, imageSource }: DeployWishes): Promise<AccountFacts> {
  const { cloudFormation, lambda, iam, codeCommit } = clients;
  const [bootstrap, stack, functions, fargate, fargateSpot, ec2, buildMachines, ecsRole, autoScalingRole, repositories] = await Promise.all([
    seen(async () => {
      const found = await findStack(cloudFormation, BOOTSTRAP_STACK);
      if (!found) return null;
      const version = Number(found.outputs["BootstrapVersion"] || Number.NaN);
      if (Number.isNaN(version)) throw new Error(`the stack ${BOOTSTRAP_STACK} is there and does not tell its version`);
      return version;
    }),
    seen(async () => (await findStack(cloudFormation, stackName))?.status ?? null),
    seen(async () => {
      const { AccountLimit } = await lambda.send(new GetAccountSettingsCommand({}));
      const limit = AccountLimit?.ConcurrentExecutions;
      if (limit === undefined) throw new Error("AWS gave no limit");
      return { limit, unreserved: AccountLimit?.UnreservedConcurrentExecutions ?? limit };
    }),
    quota(clients, "fargate", "L-3032A538"),
    quota(clients, "fargate", "L-36FBB829"),
    quota(clients, "ec2", "L-1216C47A"),
    countBuildMachines(clients),
    roleExists(iam, "ecs.amazonaws.com"),
    roleExists(iam, "autoscaling.amazonaws.com"),
    imageSource === "codecommit" ? seen(async () => (await codeCommit.send(new ListRepositoriesCommand({}))).repositories?.length ?? 0) : null,
  ]);
  return { bootstrap, stack, lambda: functions, vcpus: { fargate, "fargate-spot": fargateSpot, ec2 }, buildMachines, ecsRole, autoScalingRole, codeCommit: repositories };
}

function quota({ serviceQuotas }: OperatorClients, ServiceCode: string, QuotaCode: string): Promise<Seen<number>> {
  return seen(async () => {
    const ask = { ServiceCode, QuotaCode };
    // An account that never used the service has AWS's default and nothing of its own.
    const applied = await serviceQuotas.send(new GetServiceQuotaCommand(ask)).catch((error: unknown) => {
      if (error instanceof NoSuchResourceException) return serviceQuotas.send(new GetAWSDefaultServiceQuotaCommand(ask));
      throw error;
    });
    const value = applied.Quota?.Value;
    if (value === undefined) throw new Error("AWS gave no value");
    return value;
  });
}

/** By name: CodeBuild has a quota for each of its many kinds of machine. */
function countBuildMachines({ serviceQuotas }: OperatorClients): Promise<AccountFacts["buildMachines"]> {
  return seen(async () => {
    const found: Partial<Record<BuildMachine, number>> = {};
    let NextToken: string | undefined;
    do {
      const page = await serviceQuotas.send(new ListServiceQuotasCommand({ ServiceCode: "codebuild", MaxResults: 100, NextToken }));
      for (const { QuotaName = "", Value } of page.Quotas ?? []) {
        const machine = /^Concurrently running builds for (Linux\/Small|ARM\/Small) environment$/.exec(QuotaName)?.[1];
        if (machine !== undefined && Value !== undefined) found[machine as BuildMachine] = Value;
      }
      NextToken = page.NextToken;
    } while (NextToken !== undefined);
    return found;
  });
}

/** Service-linked roles have a path of their service's own. */
function roleExists(iam: OperatorClients["iam"], service: string): Promise<Seen<boolean>> {
  return seen(async () => {
    const { Roles } = await iam.send(new ListRolesCommand({ PathPrefix: `/aws-service-role/${service}/`, MaxItems: 1 }));
    return (Roles?.length ?? 0) > 0;
  });
}

async function seen<T>(look: () => Promise<T>): Promise<Seen<T>> {
  try {
    return { known: true, value: await look() };
  } catch (error) {
    const cause = error instanceof OperatorError ? (error.cause ?? error) : error;
    return { known: false, why: wordsOf(cause) };
  }
}
