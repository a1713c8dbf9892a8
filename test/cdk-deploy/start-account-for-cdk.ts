import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { AwsRefusal, startAwsAccount, type AwsAccount, type AwsInput } from "../support/operator/start-aws-account.ts";

export interface AccountForCdk extends AwsAccount {
  /** Keys of the files that were uploaded. */
  readonly uploads: readonly string[];
  /** What CloudFormation was asked to execute. */
  readonly changeSets: readonly AwsInput[];
}

const idOf = (name: string) => `arn:aws:cloudformation:eu-west-1:111122223333:stack/${name}/1`;
const CHANGE_SET = "arn:aws:cloudformation:eu-west-1:111122223333:changeSet/cdk/1";

/** An account, bootstrapped or not, in which the real CDK command line deploys: CloudFormation takes any template at its word. */
export async function startAccountForCdk({ bootstrapped }: { readonly bootstrapped: boolean }): Promise<AccountForCdk> {
  const changeSets: AwsInput[] = [];
  let asked: AwsInput = {};
  let status: string | null = null;
  let toolkit = bootstrapped ? "CREATE_COMPLETE" : null;
  const pending = () => (String(asked["StackName"]) === "CDKToolkit" ? "CDKToolkit" : "Baton");
  const account = await startAwsAccount({
    GetCallerIdentity: () => ({ Account: "111122223333", Arn: "arn:aws:iam::111122223333:user/ada", UserId: "A" }),
    AssumeRole: () => ({
      Credentials: { AccessKeyId: "ASIAEXAMPLE", SecretAccessKey: "example", SessionToken: "example", Expiration: new Date(Date.now() + 3_600_000) },
      AssumedRoleUser: { AssumedRoleId: "A:cdk", Arn: "arn:aws:sts::111122223333:assumed-role/cdk/cdk" },
    }),
    GetParameter: ({ Name }) => ({ Parameter: { Name, Type: "String", Value: "28" } }),
    GetAccountSettings: () => ({ AccountLimit: { ConcurrentExecutions: 1000, UnreservedConcurrentExecutions: 1000 } }),
    GetServiceQuota: () => ({ Quota: { Value: 256 } }),
    ListServiceQuotas: () => ({ Quotas: [] }),
    ListRoles: ({ PathPrefix }) => ({ IsTruncated: false, Roles: [{ RoleName: "r", RoleId: "r", Arn: "a", Path: PathPrefix, CreateDate: new Date(0) }] }),
    ListRepositories: () => ({ repositories: [{ repositoryName: "one", repositoryId: "1" }] }),
    DescribeStacks: ({ StackName }) => {
      const isToolkit = String(StackName).includes("CDKToolkit");
      const StackStatus = isToolkit ? toolkit : status;
      if (StackStatus === null) throw new AwsRefusal("ValidationError", `Stack with id ${StackName} does not exist`);
      const outputs = isToolkit
        ? { BootstrapVersion: "28", BucketName: "assets", BucketDomainName: "assets.example" }
        : { WebhookUrl: "https://abcdefgh.lambda-url.eu-west-1.on.aws/", NextStep: "npm run setup -- --stack Baton" };
      const Outputs = Object.entries(outputs).map(([OutputKey, OutputValue]) => ({ OutputKey, OutputValue }));
      return { Stacks: [{ StackName: isToolkit ? "CDKToolkit" : "Baton", StackId: idOf(isToolkit ? "CDKToolkit" : "Baton"), StackStatus, CreationTime: new Date(), Outputs, Tags: [] }] };
    },
    GetTemplate: () => ({ TemplateBody: "{}" }),
    CreateChangeSet: (input) => {
      asked = input;
      if (pending() === "Baton") status = "REVIEW_IN_PROGRESS";
      return { Id: CHANGE_SET, StackId: idOf(pending()) };
    },
    DescribeChangeSet: () => ({
      ChangeSetName: "cdk",
      ChangeSetId: CHANGE_SET,
      StackId: idOf(pending()),
      StackName: pending(),
      Status: "CREATE_COMPLETE",
      ExecutionStatus: "AVAILABLE",
      Changes: [{ Type: "Resource", ResourceChange: { Action: "Add", LogicalResourceId: "X", ResourceType: "AWS::SQS::Queue" } }],
      CreationTime: new Date(),
    }),
    ExecuteChangeSet: () => {
      changeSets.push(asked);
      if (pending() === "Baton") status = "CREATE_COMPLETE";
      else toolkit = "CREATE_COMPLETE";
      return {};
    },
    DeleteChangeSet: () => ({}),
    UpdateTerminationProtection: () => ({ StackId: idOf(pending()) }),
    DescribeEvents: () => ({ OperationEvents: [] }),
    DescribeStackEvents: () => ({
      StackEvents: [{ StackId: idOf(pending()), EventId: `${Date.now()}`, StackName: pending(), Timestamp: new Date(), LogicalResourceId: pending(), PhysicalResourceId: idOf(pending()), ResourceType: "AWS::CloudFormation::Stack", ResourceStatus: "CREATE_COMPLETE" }],
    }),
  });

  const uploads: string[] = [];
  const s3 = createServer((request, response) => {
    request.resume().on("end", () => {
      const { pathname, searchParams } = new URL(request.url ?? "/", "http://s3");
      if (request.method === "PUT") uploads.push(pathname);
      response.writeHead(200, { "content-type": "application/xml", etag: '"1"' });
      response.end(searchParams.has("list-type") ? "<ListBucketResult><KeyCount>0</KeyCount></ListBucketResult>" : searchParams.has("location") ? "<LocationConstraint>eu-west-1</LocationConstraint>" : "<ServerSideEncryptionConfiguration/>");
    });
  });
  s3.listen(0, "127.0.0.1");
  await once(s3, "listening");
  const environment = { ...account.environment, AWS_ENDPOINT_URL_S3: `http://127.0.0.1:${(s3.address() as AddressInfo).port}` };
  return {
    ...account,
    environment,
    uploads,
    changeSets,
    async close() {
      s3.closeAllConnections();
      await new Promise((resolve) => s3.close(resolve));
      await account.close();
    },
  };
}
