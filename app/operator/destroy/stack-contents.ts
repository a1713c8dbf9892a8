/** One resource of the stack, as CloudFormation lists it. */
export interface StackResource {
  readonly logicalId: string;
  readonly type: string;
  /** Name, ARN or id, as the type has it; empty where it was never made. */
  readonly physicalId: string;
  readonly status: string;
  /** The template keeps it when the stack goes. */
  readonly retained: boolean;
}

/** All that a removal has to know beforehand. A count that could not be had is `null`. */
export interface StackContents {
  readonly name: string;
  readonly status: string;
  readonly terminationProtection: boolean;
  readonly resources: readonly StackResource[];
  /** By physical id. */
  readonly tables: ReadonlyMap<string, { readonly items: number | null; readonly protected: boolean }>;
  readonly images: ReadonlyMap<string, number | null>;
  /** Tasks that run on a cluster, by its name. */
  readonly tasks: ReadonlyMap<string, number | null>;
  /** Names of log groups that services made for the stack's resources and that are none of its resources. */
  readonly strayLogGroups: readonly string[];
}

export const TYPES = {
  cluster: "AWS::ECS::Cluster",
  autoScalingGroup: "AWS::AutoScaling::AutoScalingGroup",
  rule: "AWS::Events::Rule",
  table: "AWS::DynamoDB::Table",
  globalTable: "AWS::DynamoDB::GlobalTable",
  imageRepository: "AWS::ECR::Repository",
  sourceRepository: "AWS::CodeCommit::Repository",
  secret: "AWS::SecretsManager::Secret",
  key: "AWS::KMS::Key",
  logGroup: "AWS::Logs::LogGroup",
  function: "AWS::Lambda::Function",
  project: "AWS::CodeBuild::Project",
} as const;
