import { targetsInUse, type Compute, type RunnerProfile, type RunnerProfiles } from "../../core/runner-profiles.ts";
import { whatToDo } from "../aws-trouble.ts";
import type { AccountFacts, AccountObservation, Seen } from "./account-observation.ts";

/** What is to be deployed, as far as it matters to an account. */
export interface DeployWishes {
  readonly stackName: string;
  readonly imageSource: "codecommit" | "s3";
  /** By all functions together. */
  readonly reservedConcurrency: number | null;
  readonly profiles: RunnerProfiles;
}

/** What `--bootstrap` can do about a finding. */
export type DeployFix =
  | { readonly kind: "bootstrap"; readonly account: string; readonly region: string }
  | { readonly kind: "service-linked-role"; readonly service: string };

export interface DeployFinding {
  /** `stop`: the deployment would fail, or no job would ever run. `warning`: something will not work, or could not be looked at. `note`: good to know. */
  readonly severity: "stop" | "warning" | "note";
  readonly topic: "credentials" | "region" | "bootstrap" | "stack" | "lambda-concurrency" | "vcpu-quota" | "service-linked-role" | "codecommit" | "image-build";
  readonly what: string;
  readonly todo: string;
  readonly fix: DeployFix | null;
}

/** CDK's own templates ask for this (`BootstrapVersion` rule): older ones lack the role that publishes files. */
const BOOTSTRAP_VERSION = 6;

/** AWS keeps this many executions unreserved, and refuses a reservation that would leave less (Lambda docs, "Configuring reserved concurrency"). */
const UNRESERVED_MINIMUM = 100;

/** With less than this, GitHub's bursts of deliveries meet throttling, which it does not try again. */
const COMFORTABLE_CONCURRENCY = 50;

/** Everything that stands against a deployment or will surprise after it, each with what to do. Pure. */
export function deployFindings(wishes: DeployWishes, { region, caller, account }: AccountObservation): readonly DeployFinding[] {
  const findings: DeployFinding[] = [];
  if (region === null) findings.push(stop("region", "No AWS region is set.", whatToDo("no-region")));
  if (caller.kind === "unknown") {
    const topic = "credentials";
    findings.push(stop(topic, CREDENTIAL_WORDS[caller.trouble] ?? `AWS does not say who you are: ${caller.why}`, whatToDo(caller.trouble)));
  }
  if (account === null || caller.kind === "unknown" || region === null) return findings;
  return [
    ...findings,
    ...bootstrapFindings(account, caller.account, region),
    ...stackFindings(account, wishes),
    ...roleFindings(account, wishes),
    ...codeCommitFindings(account, wishes),
    ...lambdaFindings(account, wishes),
    ...vcpuFindings(account, wishes),
    ...buildFindings(account),
  ];
}

export function mayDeploy(findings: readonly DeployFinding[]): boolean {
  return findings.every(({ severity }) => severity !== "stop");
}

const CREDENTIAL_WORDS: Readonly<Partial<Record<string, string>>> = {
  "no-credentials": "There are no AWS credentials here, or AWS does not know them.",
  "expired-credentials": "Your AWS credentials have expired.",
};

function bootstrapFindings({ bootstrap }: AccountFacts, account: string, region: string): DeployFinding[] {
  if (!bootstrap.known) return [unseen("bootstrap", "Whether CDK is bootstrapped here", bootstrap.why)];
  const command = `npx cdk bootstrap aws://${account}/${region}`;
  const fix = { kind: "bootstrap", account, region } as const;
  if (bootstrap.value === null) {
    return [stop("bootstrap", `CDK is not bootstrapped in account ${account}, region ${region}: it has no bucket for the functions' code.`, `${command}   (or: npm run deploy -- --bootstrap)`, fix)];
  }
  if (bootstrap.value < BOOTSTRAP_VERSION) {
    return [stop("bootstrap", `CDK's bootstrap stack has version ${bootstrap.value}; ${BOOTSTRAP_VERSION} is needed.`, `${command}   brings it up to date (or: npm run deploy -- --bootstrap)`, fix)];
  }
  return [];
}

function stackFindings({ stack }: AccountFacts, { stackName }: DeployWishes): DeployFinding[] {
  if (!stack.known) return [unseen("stack", `Whether there is a stack ${stackName} already`, stack.why)];
  const status = stack.value;
  if (status === null) return [];
  if (status.endsWith("_IN_PROGRESS")) return [stop("stack", `The stack ${stackName} is being changed (${status}).`, "Wait until that has ended: aws cloudformation describe-stacks shows it.")];
  if (status === "DELETE_FAILED") return [stop("stack", `The stack ${stackName} could not be removed to the end (${status}).`, "Remove the rest first: npm run destroy")];
  if (status === "UPDATE_ROLLBACK_FAILED") return [stop("stack", `The stack ${stackName} is stuck in a failed rollback.`, `aws cloudformation continue-update-rollback --stack-name ${stackName}`)];
  if (status === "ROLLBACK_COMPLETE" || status === "ROLLBACK_FAILED") {
    return [note("stack", `The first deployment of ${stackName} failed and was rolled back.`, "CDK removes what is left of it and begins anew; nothing to do.")];
  }
  return [];
}

function roleFindings({ ecsRole, autoScalingRole }: AccountFacts, { profiles }: DeployWishes): DeployFinding[] {
  const findings: DeployFinding[] = [];
  const create = (service: string) => `aws iam create-service-linked-role --aws-service-name ${service}   (or: npm run deploy -- --bootstrap)`;
  if (!ecsRole.known) findings.push(unseen("service-linked-role", "Whether ECS has its service-linked role", ecsRole.why));
  else if (!ecsRole.value) {
    // CloudFormation creates it along with the first cluster and does not wait for it, so that cluster's capacity providers fail.
    const what = "ECS has no service-linked role (AWSServiceRoleForECS): nobody has used ECS in this account yet, and a first deployment fails while AWS creates it.";
    findings.push(stop("service-linked-role", what, create("ecs.amazonaws.com"), { kind: "service-linked-role", service: "ecs.amazonaws.com" }));
  }
  if (!targetsInUse(profiles).some(({ compute }) => compute === "ec2")) return findings;
  if (!autoScalingRole.known) findings.push(unseen("service-linked-role", "Whether EC2 Auto Scaling has its service-linked role", autoScalingRole.why));
  else if (!autoScalingRole.value) {
    const what = "EC2 Auto Scaling has no service-linked role (AWSServiceRoleForAutoScaling); AWS creates it with the first group, if you may.";
    findings.push(warning("service-linked-role", what, create("autoscaling.amazonaws.com"), { kind: "service-linked-role", service: "autoscaling.amazonaws.com" }));
  }
  return findings;
}

function codeCommitFindings({ codeCommit }: AccountFacts, { imageSource }: DeployWishes): DeployFinding[] {
  if (imageSource !== "codecommit" || codeCommit === null) return [];
  const instead = "If the deployment fails at CodeCommit, use an S3 asset as the image's source: npm run deploy -- -c imageSource=s3";
  if (!codeCommit.known) return [{ ...unseen("codecommit", "Whether CodeCommit can be used", codeCommit.why), todo: instead }];
  if (codeCommit.value > 0) return [];
  return [warning("codecommit", "There is no CodeCommit repository in this region, and AWS has not let every account create a first one.", instead)];
}

function lambdaFindings({ lambda, stack }: AccountFacts, { reservedConcurrency }: DeployWishes): DeployFinding[] {
  if (!lambda.known) return [unseen("lambda-concurrency", "How many Lambda functions may run at a time", lambda.why)];
  const { limit, unreserved } = lambda.value;
  const findings: DeployFinding[] = [];
  const raise = "Ask for more: Service Quotas, AWS Lambda, \"Concurrent executions\" (aws service-quotas request-service-quota-increase --service-code lambda --quota-code L-B99A9384 --desired-value 1000)";
  if (reservedConcurrency !== null && unreserved - reservedConcurrency < UNRESERVED_MINIMUM) {
    const what = `${reservedConcurrency} executions are to be reserved (reservedConcurrency), which would leave ${unreserved - reservedConcurrency} of this account's ${limit}; AWS keeps ${UNRESERVED_MINIMUM} unreserved and refuses.`;
    // Once deployed, the reservation is part of what is missing from `unreserved`.
    const deployed = stack.known && stack.value !== null;
    findings.push((deployed ? warning : stop)("lambda-concurrency", deployed ? `${what} That does not count what this stack has reserved already.` : what, `Leave reservedConcurrency out, or lower it. ${raise}`));
  }
  if (limit < COMFORTABLE_CONCURRENCY) {
    findings.push(warning("lambda-concurrency", `At most ${limit} executions of all this account's functions run at a time here, as in new accounts; a burst of more jobs is throttled, and waits for the reconciler.`, raise));
  }
  return findings;
}

const QUOTAS: Readonly<Record<Compute, { readonly name: string; readonly service: string; readonly code: string }>> = {
  fargate: { name: "Fargate On-Demand vCPU resource count", service: "fargate", code: "L-3032A538" },
  "fargate-spot": { name: "Fargate Spot vCPU resource count", service: "fargate", code: "L-36FBB829" },
  ec2: { name: "Running On-Demand Standard instances (vCPUs)", service: "ec2", code: "L-1216C47A" },
};

function vcpuFindings({ vcpus }: AccountFacts, { profiles }: DeployWishes): DeployFinding[] {
  const findings: DeployFinding[] = [];
  for (const compute of ["fargate", "fargate-spot", "ec2"] as const) {
    const targets = new Set(profiles.targets.filter((target) => target.compute === compute).map(({ name }) => name));
    const users = profiles.profiles.filter(({ target }) => targets.has(target)).sort((one, other) => other.cpu - one.cpu);
    const [largest] = users;
    if (!largest) continue;
    findings.push(...vcpuFinding(vcpus[compute], QUOTAS[compute], largest, users, profiles.profiles.length));
  }
  return findings;
}

function vcpuFinding(quota: Seen<number>, { name, service, code }: (typeof QUOTAS)[Compute], largest: RunnerProfile, users: readonly RunnerProfile[], profiles: number): DeployFinding[] {
  if (!quota.known) return [unseen("vcpu-quota", `The quota "${name}"`, quota.why)];
  const allowed = quota.value;
  const raise = (wanted: number) =>
    `Ask for more, which takes AWS hours to days: aws service-quotas request-service-quota-increase --service-code ${service} --quota-code ${code} --desired-value ${wanted}`;
  const tooLarge = users.filter(({ cpu }) => vcpus(cpu) > allowed);
  const wanted = Math.max(16, 4 * Math.ceil(vcpus(largest.cpu)));
  if (tooLarge.length > 0) {
    const names = tooLarge.map((profile) => `${profile.name} (${vcpus(profile.cpu)} vCPU)`).join(", ");
    const what = `The quota "${name}" is ${allowed}: no job of ${names} can ever start.`;
    return [(tooLarge.length === profiles ? stop : warning)("vcpu-quota", what, raise(wanted))];
  }
  const atOnce = Math.floor(allowed / vcpus(largest.cpu));
  if (atOnce >= 4) return [];
  return [note("vcpu-quota", `The quota "${name}" is ${allowed}: ${atOnce === 1 ? "one job" : `${atOnce} jobs`} of ${largest.name} (${vcpus(largest.cpu)} vCPU) at a time; others wait.`, raise(wanted))];
}

/** The image is built on both kinds of machine, one after the other where only one build may run. */
function buildFindings({ buildMachines }: AccountFacts): DeployFinding[] {
  if (!buildMachines.known) return [unseen("image-build", "How many image builds may run at a time", buildMachines.why)];
  return Object.entries(buildMachines.value)
    .filter(([, builds]) => builds < 1)
    .map(([machine]) =>
      warning(
        "image-build",
        `CodeBuild may run no build on ${machine} machines in this region, as in some new accounts: the runner image cannot be built, and tasks need it.`,
        `Ask for one: Service Quotas, AWS CodeBuild, "Concurrently running builds for ${machine} environment"`,
      ),
    );
}

/** 1,024 CPU units are one vCPU. */
function vcpus(cpu: number): number {
  return cpu / 1024;
}

type Make = (topic: DeployFinding["topic"], what: string, todo: string, fix?: DeployFix) => DeployFinding;

const stop: Make = (topic, what, todo, fix) => ({ severity: "stop", topic, what, todo, fix: fix ?? null });
const warning: Make = (topic, what, todo, fix) => ({ severity: "warning", topic, what, todo, fix: fix ?? null });
const note: Make = (topic, what, todo, fix) => ({ severity: "note", topic, what, todo, fix: fix ?? null });

/** What cannot be looked at does not stop anybody: who deploys may have less rights than the role that CloudFormation works with. */
function unseen(topic: DeployFinding["topic"], subject: string, why: string): DeployFinding {
  return warning(topic, `${subject} could not be looked at: ${why}`, "Go on if you know it; the deployment itself tells otherwise.");
}
