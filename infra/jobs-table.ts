import { RemovalPolicy } from "aws-cdk-lib";
import { AttributeType, BillingMode, ProjectionType, Table, TableEncryption } from "aws-cdk-lib/aws-dynamodb";
import { Effect, PolicyStatement, type IGrantable } from "aws-cdk-lib/aws-iam";
import { Construct } from "constructs";
import { jobsTableDefinition, tableIndexes } from "../app/aws/jobs-table-definition.ts";
import { acknowledge } from "./acknowledge.ts";

export interface JobsTableProps {
  /** Keeps the table from being deleted, and when the stack goes leaves it behind. */
  readonly protected: boolean;
}

/** One record a job, kept for ten days. Keys and indexes are those that the local database has, from one constant. */
export class JobsTable extends Construct {
  readonly table: Table;

  constructor(scope: Construct, id: string, props: JobsTableProps) {
    super(scope, id);
    const { partitionKey, timeToLiveAttribute } = jobsTableDefinition;
    const typeOf = { S: AttributeType.STRING, N: AttributeType.NUMBER } as const;

    this.table = new Table(this, "Table", {
      partitionKey: { name: partitionKey.name, type: typeOf[partitionKey.type] },
      billingMode: BillingMode.PAY_PER_REQUEST,
      encryption: TableEncryption.DEFAULT,
      timeToLiveAttribute,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: props.protected,
      removalPolicy: props.protected ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
    acknowledge(this.table, {
      "cdk-validator-cfnguard::dynamodb_table_encrypted_kms_check": "Encrypted by DynamoDB's own key, without a KMS call on a job's way; records hold no secret",
    });
    // CloudFormation adds no more than one to a table at a time: a version that needs two more takes two deployments.
    for (const index of tableIndexes) {
      this.table.addGlobalSecondaryIndex({
        indexName: index.name,
        partitionKey: { name: index.partitionKey.name, type: typeOf[index.partitionKey.type] },
        sortKey: { name: index.sortKey.name, type: typeOf[index.sortKey.type] },
        projectionType: ProjectionType[index.projection],
        ...(index.included && { nonKeyAttributes: [...index.included] }),
      });
    }
  }

  /** To read and write single records. */
  grantRecords(grantee: IGrantable): void {
    this.#grant(grantee, ["dynamodb:GetItem", "dynamodb:PutItem"], [this.table.tableArn]);
  }

  /** To read and write single records, and to count the mints that all functions share. */
  grantLaunching(grantee: IGrantable): void {
    this.grantRecords(grantee);
    this.#grant(grantee, ["dynamodb:UpdateItem"], [this.table.tableArn]);
  }

  /** To list an installation's jobs. */
  grantDirectory(grantee: IGrantable): void {
    this.#grant(grantee, ["dynamodb:Query"], [`${this.table.tableArn}/index/${jobsTableDefinition.directoryIndex.name}`]);
  }

  /** To read single records and list an installation's jobs. */
  grantReadingForPeople(grantee: IGrantable): void {
    this.#grant(grantee, ["dynamodb:GetItem"], [this.table.tableArn]);
    this.grantDirectory(grantee);
  }

  /** To write what people ask for, and nothing else: no job's record, nor what the reconciler keeps. */
  grantAsking(grantee: IGrantable): void {
    const requests = `${jobsTableDefinition.requestKeyPrefix}*`;
    grantee.grantPrincipal.addToPrincipalPolicy(
      new PolicyStatement({
        effect: Effect.ALLOW,
        actions: ["dynamodb:PutItem"],
        resources: [this.table.tableArn],
        // Alone the first would hold where the request has no key at all.
        conditions: { "ForAllValues:StringLike": { "dynamodb:LeadingKeys": [requests] }, Null: { "dynamodb:LeadingKeys": "false" } },
      }),
    );
  }

  /** To list open jobs and those that ended, and to hold the lease that keeps rounds apart. */
  grantReconciling(grantee: IGrantable): void {
    this.grantLaunching(grantee);
    this.grantDirectory(grantee);
    this.#grant(grantee, ["dynamodb:Query"], [`${this.table.tableArn}/index/${jobsTableDefinition.openJobsIndex.name}`]);
    this.#grant(grantee, ["dynamodb:DeleteItem"], [this.table.tableArn]);
  }

  /** To read and write the one record of that id. */
  grantOneRecord(grantee: IGrantable, id: string): void {
    grantee.grantPrincipal.addToPrincipalPolicy(
      new PolicyStatement({
        effect: Effect.ALLOW,
        actions: ["dynamodb:GetItem", "dynamodb:PutItem"],
        resources: [this.table.tableArn],
        // Alone the first would hold where the request has no key at all.
        conditions: { "ForAllValues:StringEquals": { "dynamodb:LeadingKeys": [id] }, Null: { "dynamodb:LeadingKeys": "false" } },
      }),
    );
  }

  #grant(grantee: IGrantable, actions: string[], resources: string[]): void {
    grantee.grantPrincipal.addToPrincipalPolicy(new PolicyStatement({ effect: Effect.ALLOW, actions, resources }));
  }
}
