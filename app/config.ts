/** The only reader of the environment. Every fault is reported at once, by the variable's name and never with a secret's value. */
import { readFileSync } from "node:fs";
import { delimiter, dirname } from "node:path";
import { parseEnv } from "node:util";
import * as z from "./schema.ts";
import type { OAuthClient } from "./ports.ts";
import type { RunnerProfiles } from "./core/runner-profiles.ts";
import { githubApiUrl, type GithubHost } from "./github-host.ts";
import { localAppFrom, type LocalApp } from "./local-app.ts";
import { parseRunnerProfiles } from "./parse-runner-profiles.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** The environment does not do. `faults` has one line each: variable, what is wrong, what to set. */
export class ConfigError extends Error {
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(`the environment needs mending:\n${faults.map((fault) => `  - ${fault}`).join("\n")}`);
    this.name = "ConfigError";
    this.faults = faults;
  }
}

const LOG_LEVELS = ["fatal", "error", "warn", "info", "debug", "trace", "silent"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export type { GithubHost } from "./github-host.ts";

export interface FunctionConfig {
  readonly appSecretId: string;
  readonly eventBusName: string;
  readonly jobsTable: string;
  readonly credentialKeyId: string;
  readonly profiles: RunnerProfiles;
  readonly runnerNamePrefix: string;
  readonly github: GithubHost;
  readonly logLevel: LogLevel;
  readonly metricsNamespace: string;
  readonly awsEndpoints: AwsEndpoints;
}

export interface ReconcileFunctionConfig extends FunctionConfig {
  /** Name or ARN of the ECS cluster the tasks run in. */
  readonly cluster: string;
}

export interface AdminFunctionConfig extends Pick<FunctionConfig, "jobsTable" | "profiles" | "runnerNamePrefix" | "github" | "logLevel" | "awsEndpoints"> {
  readonly oauthSecretId: string;
  /** Name or ARN of the ECS cluster the tasks run in. */
  readonly cluster: string;
  /** What the stack is called. */
  readonly metricsNamespace: string;
  readonly deployment: string;
  /** Of the region's console, for links. */
  readonly region: string;
  /** Names of the log groups that tasks write to. */
  readonly taskLogGroups: readonly string[];
}

export interface ReleaseWatchConfig {
  /** Of the figures that alarms watch; one for each deployment. */
  readonly metricsNamespace: string;
  readonly jobsTable: string;
  /** Name of the ECR repository. */
  readonly imageRepository: string;
  /** Name of the CodeBuild project. */
  readonly buildProject: string;
  readonly source:
    | { readonly kind: "codecommit"; readonly repositoryName: string; readonly branchName: string }
    /** `BUCKET/KEY`, another one for other content. */
    | { readonly kind: "s3"; readonly location: string };
  readonly pinnedVersion: string | null;
  /** Without trailing slash. */
  readonly releasesApiUrl: string;
  readonly logLevel: LogLevel;
  readonly awsEndpoints: AwsEndpoints;
}

export type { LocalApp } from "./local-app.ts";

export interface LocalConfig {
  /** `null` when no App is set up yet. */
  readonly app: LocalApp | null;
  /** `null` where nobody can sign in. */
  readonly oauth: OAuthClient | null;
  readonly github: GithubHost;
  readonly port: number;
  readonly webhookProxyUrl: string | null;
  readonly runnerNamePrefix: string;
  readonly logLevel: LogLevel;
  /** Directory of an unpacked actions/runner release. */
  readonly runnerDirectory: string | null;
  /** Name of a runner image the local Docker daemon has. */
  readonly runnerImage: string | null;
}

/** What the operator's commands take from the shell; AWS credentials are left to the SDK. */
export interface OperatorConfig {
  readonly github: GithubHost;
  /** `null` where the SDK has to look into the profile. */
  readonly awsRegion: string | null;
  readonly awsEndpoints: AwsEndpoints;
  /** The operator's own, to start a workflow; `gh auth token` gives another. */
  readonly githubToken: string | null;
  readonly webhookProxyUrl: string | null;
  /** Of the control plane on this machine; 0 takes a free one. */
  readonly port: number;
  /** A browser can be opened from here. */
  readonly hasDesktop: boolean;
}

// GitHub allows 64 characters for <prefix>-<jobId>-<launch>; job ids have 11 digits today.
const prefix = z.string().check(z.regex(/^[a-z0-9](?:[a-z0-9-]{0,22}[a-z0-9])?$/, "use 1 to 24 lower-case letters, digits and inner hyphens"));
const logLevel = z._default(z.enum(LOG_LEVELS, `use one of ${LOG_LEVELS.join(", ")}`), "info");
const required = z.string("is missing").check(z.minLength(1, "is empty"));

const awsEndpoint = z.optional(z.url({ protocol: /^https?$/, error: "must be a URL such as https://vpce-0123-abcd.dynamodb.eu-west-1.vpce.amazonaws.com" }));
const awsEndpointVariables = { AWS_ENDPOINT_URL: awsEndpoint, AWS_ENDPOINT_URL_DYNAMODB: awsEndpoint, AWS_ENDPOINT_URL_KMS: awsEndpoint };

/** Where AWS is not found at its usual addresses; the SDK's own clients read the same variables themselves. */
export interface AwsEndpoints {
  readonly dynamoDb?: string;
  readonly kms?: string;
}

const profilesJson = z.pipe(
  required,
  z.transform((value: string, context): RunnerProfiles => {
    let json: unknown;
    try {
      json = JSON.parse(value);
    } catch {
      context.issues.push(fault("is not JSON; the stack writes it from infra/runner-profiles.yml"));
      return z.NEVER;
    }
    const parsed = parseRunnerProfiles(json);
    if (parsed.ok) return parsed.profiles;
    context.issues.push(...parsed.faults.map(fault));
    return z.NEVER;
  }),
);

/** Without the value, which may be a secret. */
function fault(message: string) {
  return { code: "custom", message, input: null } as const;
}

const functionEnvironment = z.object({
  GITHUB_APP_SECRET_ID: required,
  EVENT_BUS_NAME: required,
  JOBS_TABLE: required,
  CREDENTIAL_KEY_ID: required,
  RUNNER_PROFILES: profilesJson,
  RUNNER_NAME_PREFIX: z._default(prefix, "baton"),
  GITHUB_API_URL: githubApiUrl,
  METRICS_NAMESPACE: z._default(required, "Baton"),
  LOG_LEVEL: logLevel,
  ...awsEndpointVariables,
});

const adminEnvironment = z.object({
  OAUTH_SECRET_ID: required,
  JOBS_TABLE: required,
  RUNNER_CLUSTER: required,
  RUNNER_PROFILES: profilesJson,
  RUNNER_NAME_PREFIX: z._default(prefix, "baton"),
  GITHUB_API_URL: githubApiUrl,
  METRICS_NAMESPACE: z._default(required, "Baton"),
  DEPLOYMENT_NAME: z._default(required, "Baton"),
  TASK_LOG_GROUPS: z._default(z.string(), ""),
  AWS_REGION: required,
  LOG_LEVEL: logLevel,
  ...awsEndpointVariables,
});

const releaseWatchEnvironment = z.object({
  METRICS_NAMESPACE: required,
  JOBS_TABLE: required,
  RUNNER_IMAGE_REPOSITORY: required,
  IMAGE_BUILD_PROJECT: required,
  IMAGE_SOURCE_REPOSITORY: z.optional(required),
  IMAGE_SOURCE_BRANCH: z._default(required, "main"),
  IMAGE_SOURCE_LOCATION: z.optional(required),
  RUNNER_VERSION: z.optional(z.string().check(z.regex(/^\d+\.\d+\.\d+$/, "must be a release of actions/runner such as 2.336.0; leave it out for the newest"))),
  RELEASES_API_URL: githubApiUrl,
  LOG_LEVEL: logLevel,
  ...awsEndpointVariables,
});

const port = z._default(z.coerce.number("is not a number").check(z.int(), z.gte(0), z.lte(65_535)), 3000);

const localEnvironment = z.object({
  APP_ID: z.optional(z.coerce.number("is not a number").check(z.int("is not a whole number"), z.positive("must be positive"))),
  PRIVATE_KEY: z.optional(z.string()),
  PRIVATE_KEY_PATH: z.optional(z.string()),
  WEBHOOK_SECRET: z.optional(z.string().check(z.minLength(1, "is empty; an empty secret would let anybody in"))),
  GITHUB_CLIENT_ID: z.optional(z.string()),
  GITHUB_CLIENT_SECRET: z.optional(z.string()),
  WEBHOOK_PROXY_URL: z.optional(z.url("must be a URL such as https://smee.io/CHANNEL")),
  PORT: port,
  RUNNER_NAME_PREFIX: z._default(prefix, "baton-local"),
  RUNNER_DIR: z.optional(z.string()),
  RUNNER_IMAGE: z.optional(z.string()),
  GITHUB_API_URL: githubApiUrl,
  LOG_LEVEL: logLevel,
});

const operatorEnvironment = z.object({
  GITHUB_API_URL: githubApiUrl,
  AWS_REGION: z.optional(z.string()),
  // The AWS CLI's own name for it, which the JavaScript SDK does not read.
  AWS_DEFAULT_REGION: z.optional(z.string()),
  GITHUB_TOKEN: z.optional(z.string()),
  GH_TOKEN: z.optional(z.string()),
  ...awsEndpointVariables,
  WEBHOOK_PROXY_URL: z.optional(z.url("must be a URL such as https://smee.io/CHANNEL")),
  PORT: port,
  DISPLAY: z.optional(z.string()),
  WAYLAND_DISPLAY: z.optional(z.string()),
});

export function readOperatorConfig(environment: Environment = withDotEnv(process.env), platform: string = process.platform): OperatorConfig {
  const values = check(operatorEnvironment, withoutEmpty(environment));
  return {
    github: values.GITHUB_API_URL,
    awsRegion: values.AWS_REGION ?? values.AWS_DEFAULT_REGION ?? null,
    awsEndpoints: awsEndpointsFrom(values),
    githubToken: values.GITHUB_TOKEN ?? values.GH_TOKEN ?? null,
    webhookProxyUrl: values.WEBHOOK_PROXY_URL ?? null,
    port: values.PORT,
    hasDesktop: platform !== "linux" || (values.DISPLAY ?? values.WAYLAND_DISPLAY) !== undefined,
  };
}

/** A host as a person says it (`github.com`, `HOST` of an Enterprise Server, `SUBDOMAIN.ghe.com`) or the API's URL. Throws `ConfigError`. */
export function githubHostNamed(name: string): GithubHost {
  const host = name.replace(/\/+$/, "");
  if (host.includes("://")) return check(operatorEnvironment, { GITHUB_API_URL: host }).GITHUB_API_URL;
  if (!/^[a-z0-9.-]+(?::\d+)?$/i.test(host)) throw new ConfigError([`--host ${name}: is no host name; use github.com, github.example.com or SUBDOMAIN.ghe.com`]);
  const api = host === "github.com" || /^[^.]+\.ghe\.com$/i.test(host) ? `https://api.${host}` : `https://${host}/api/v3`;
  return check(operatorEnvironment, { GITHUB_API_URL: api }).GITHUB_API_URL;
}

/** The shell's environment with some variables set, for a program that is started from here. */
export function environmentWith(changes: Environment, environment: Environment = process.env): NodeJS.ProcessEnv {
  return { ...environment, ...changes };
}

export function readReleaseWatchConfig(environment: Environment = process.env): ReleaseWatchConfig {
  const values = check(releaseWatchEnvironment, environment);
  const { IMAGE_SOURCE_REPOSITORY, IMAGE_SOURCE_BRANCH, IMAGE_SOURCE_LOCATION } = values;
  if ((IMAGE_SOURCE_REPOSITORY === undefined) === (IMAGE_SOURCE_LOCATION === undefined)) {
    throw new ConfigError(["IMAGE_SOURCE_REPOSITORY: set it to the name of the CodeCommit repository, or IMAGE_SOURCE_LOCATION to BUCKET/KEY, and not both"]);
  }
  return {
    metricsNamespace: values.METRICS_NAMESPACE,
    jobsTable: values.JOBS_TABLE,
    imageRepository: values.RUNNER_IMAGE_REPOSITORY,
    buildProject: values.IMAGE_BUILD_PROJECT,
    source:
      IMAGE_SOURCE_LOCATION === undefined
        ? { kind: "codecommit", repositoryName: IMAGE_SOURCE_REPOSITORY ?? "", branchName: IMAGE_SOURCE_BRANCH }
        : { kind: "s3", location: IMAGE_SOURCE_LOCATION },
    pinnedVersion: values.RUNNER_VERSION ?? null,
    releasesApiUrl: values.RELEASES_API_URL.apiUrl,
    logLevel: values.LOG_LEVEL,
    awsEndpoints: awsEndpointsFrom(values),
  };
}

export function readFunctionConfig(environment: Environment = process.env): FunctionConfig {
  return functionConfigFrom(check(functionEnvironment, environment));
}

export function readReconcileFunctionConfig(environment: Environment = process.env): ReconcileFunctionConfig {
  const values = check(z.extend(functionEnvironment, { RUNNER_CLUSTER: required }), environment);
  return { ...functionConfigFrom(values), cluster: values.RUNNER_CLUSTER };
}

export function readAdminFunctionConfig(environment: Environment = process.env): AdminFunctionConfig {
  const values = check(adminEnvironment, environment);
  return {
    oauthSecretId: values.OAUTH_SECRET_ID,
    jobsTable: values.JOBS_TABLE,
    cluster: values.RUNNER_CLUSTER,
    profiles: values.RUNNER_PROFILES,
    runnerNamePrefix: values.RUNNER_NAME_PREFIX,
    github: values.GITHUB_API_URL,
    metricsNamespace: values.METRICS_NAMESPACE,
    deployment: values.DEPLOYMENT_NAME,
    taskLogGroups: values.TASK_LOG_GROUPS.split(",").filter((name) => name !== ""),
    region: values.AWS_REGION,
    logLevel: values.LOG_LEVEL,
    awsEndpoints: awsEndpointsFrom(values),
  };
}

/** Where jobs on this machine find programs: what the operator's shell has, with the Node that runs this first. */
export function searchPath(environment: Environment = process.env): string {
  return [dirname(process.execPath), environment["PATH"] ?? "/usr/bin:/bin"].join(delimiter);
}

/** `.env` of the working directory below what the shell exported. */
function withDotEnv(environment: Environment): Environment {
  let file = "";
  try {
    file = readFileSync(".env", "utf8");
  } catch {
    // Optional: everything can be exported as well.
  }
  return { ...parseEnv(file), ...environment };
}

function functionConfigFrom(values: z.output<typeof functionEnvironment>): FunctionConfig {
  return {
    appSecretId: values.GITHUB_APP_SECRET_ID,
    eventBusName: values.EVENT_BUS_NAME,
    jobsTable: values.JOBS_TABLE,
    credentialKeyId: values.CREDENTIAL_KEY_ID,
    profiles: values.RUNNER_PROFILES,
    runnerNamePrefix: values.RUNNER_NAME_PREFIX,
    github: values.GITHUB_API_URL,
    logLevel: values.LOG_LEVEL,
    metricsNamespace: values.METRICS_NAMESPACE,
    awsEndpoints: awsEndpointsFrom(values),
  };
}

function awsEndpointsFrom(values: { readonly [Name in keyof typeof awsEndpointVariables]?: string | undefined }): AwsEndpoints {
  const dynamoDb = values.AWS_ENDPOINT_URL_DYNAMODB ?? values.AWS_ENDPOINT_URL;
  const kms = values.AWS_ENDPOINT_URL_KMS ?? values.AWS_ENDPOINT_URL;
  return { ...(dynamoDb !== undefined && { dynamoDb }), ...(kms !== undefined && { kms }) };
}

/** A half-configured App is a fault; none at all is the state before setup. Variables set to nothing count as not set, as in `.env.example`. */
export function readLocalConfig(environment: Environment = withDotEnv(process.env)): LocalConfig {
  const values = check(localEnvironment, withoutEmpty(environment));
  const { app, faults } = localAppFrom(values);
  if (values.RUNNER_DIR !== undefined && values.RUNNER_IMAGE !== undefined) {
    faults.push("RUNNER_DIR and RUNNER_IMAGE are both set; unset the one jobs shall not run in");
  }
  const { GITHUB_CLIENT_ID: clientId, GITHUB_CLIENT_SECRET: clientSecret } = values;
  if ((clientId === undefined) !== (clientSecret === undefined)) faults.push("GITHUB_CLIENT_ID and GITHUB_CLIENT_SECRET go together: set both, or neither");
  if (faults.length > 0) throw new ConfigError(faults);
  return {
    app,
    oauth: clientId === undefined || clientSecret === undefined ? null : { clientId, clientSecret },
    github: values.GITHUB_API_URL,
    port: values.PORT,
    webhookProxyUrl: values.WEBHOOK_PROXY_URL ?? null,
    runnerNamePrefix: values.RUNNER_NAME_PREFIX,
    logLevel: values.LOG_LEVEL,
    runnerDirectory: values.RUNNER_DIR ?? null,
    runnerImage: values.RUNNER_IMAGE ?? null,
  };
}

function withoutEmpty(environment: Environment): Environment {
  return Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ""));
}

function check<Schema extends z.ZodMiniType>(schema: Schema, environment: Environment): z.output<Schema> {
  const parsed = schema.safeParse(environment);
  if (parsed.success) return parsed.data;
  throw new ConfigError(parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`));
}
