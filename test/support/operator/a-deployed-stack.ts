import { AwsRefusal, startAwsAccount, type AwsAccount, type AwsInput } from "./start-aws-account.ts";

export const OUTPUTS = {
  WebhookUrl: "https://abcdefgh.lambda-url.eu-west-1.on.aws/",
  EventBusName: "BatonBus",
  RunnerImageRepositoryUri: "111122223333.dkr.ecr.eu-west-1.amazonaws.com/baton",
  ClusterName: "Baton-Cluster",
  AppSecretId: "arn:aws:secretsmanager:eu-west-1:111122223333:secret:App-1",
  OAuthSecretId: "arn:aws:secretsmanager:eu-west-1:111122223333:secret:OAuth-1",
  CredentialKeyId: "11111111-2222-3333-4444-555555555555",
  JobsTableName: "Baton-Jobs",
  WebhookFunctionName: "Baton-Webhook",
  ReconcileFunctionName: "Baton-Reconcile",
  NextStep: "npm run setup -- --stack Baton",
};

export const PROFILES = {
  profiles: [
    { name: "small", default: true, labels: ["self-hosted", "linux", "x64", "small"], target: "fargate-x64", cpu: 1024, memory: 2048 },
    { name: "large", labels: ["self-hosted", "linux", "x64", "large"], target: "fargate-x64", cpu: 4096, memory: 8192 },
  ],
  targets: [{ name: "fargate-x64", compute: "fargate", architecture: "x64" }],
};

export interface DeployedAccount extends AwsAccount {
  /** Values of the secrets by id; one that is not there has no value yet. */
  readonly secrets: Map<string, string>;
  readonly outputs: Record<string, string>;
  /** Of the webhook function. */
  readonly functionEnvironment: Record<string, string>;
  /** Of the stack; `null`: there is none. */
  status: string | null;
}

/** An account with Baton deployed in it, before any App is set up. */
export async function startDeployedAccount(changes: { readonly githubApiUrl?: string } = {}): Promise<DeployedAccount> {
  const secrets = new Map<string, string>();
  const outputs: Record<string, string> = { ...OUTPUTS };
  const functionEnvironment = {
    GITHUB_APP_SECRET_ID: OUTPUTS.AppSecretId,
    EVENT_BUS_NAME: OUTPUTS.EventBusName,
    JOBS_TABLE: OUTPUTS.JobsTableName,
    CREDENTIAL_KEY_ID: OUTPUTS.CredentialKeyId,
    RUNNER_PROFILES: JSON.stringify(PROFILES),
    GITHUB_API_URL: changes.githubApiUrl ?? "https://api.github.com",
  };
  const account = await startAwsAccount({
    DescribeStacks: ({ StackName }) => {
      if (deployed.status === null) throw new AwsRefusal("ValidationError", `Stack with id ${StackName} does not exist`);
      return {
        Stacks: [
          {
            StackName,
            StackId: `arn:aws:cloudformation:eu-west-1:111122223333:stack/${StackName}/1`,
            StackStatus: deployed.status,
            CreationTime: new Date(0),
            Outputs: Object.entries(outputs).map(([OutputKey, OutputValue]) => ({ OutputKey, OutputValue })),
          },
        ],
      };
    },
    GetFunctionConfiguration: () => ({ FunctionName: OUTPUTS.WebhookFunctionName, Environment: { Variables: functionEnvironment } }),
    GetSecretValue: ({ SecretId }) => {
      const SecretString = secrets.get(String(SecretId));
      if (SecretString === undefined) throw new AwsRefusal("ResourceNotFoundException", "Secrets Manager can't find the specified secret value for staging label: AWSCURRENT");
      return { ARN: SecretId, SecretString };
    },
    PutSecretValue: (input: AwsInput) => {
      secrets.set(String(input["SecretId"]), String(input["SecretString"]));
      return { ARN: input["SecretId"] };
    },
  });
  const deployed: DeployedAccount = Object.assign(account, { secrets, outputs, functionEnvironment, status: "CREATE_COMPLETE" as string | null });
  return deployed;
}
