import { fileURLToPath } from "node:url";
import { Stack } from "aws-cdk-lib";
import { Source, type ISource } from "aws-cdk-lib/aws-codebuild";
import { Code, Repository } from "aws-cdk-lib/aws-codecommit";
import type { EventPattern } from "aws-cdk-lib/aws-events";
import { Effect, PolicyStatement, type IGrantable } from "aws-cdk-lib/aws-iam";
import { Asset } from "aws-cdk-lib/aws-s3-assets";
import { Construct } from "constructs";

export interface ImageSourceProps {
  /** `s3` is for accounts without CodeCommit. */
  readonly kind: "codecommit" | "s3";
}

const RUNNER_IMAGE = fileURLToPath(new URL("../runner-image", import.meta.url));
const BRANCH = "main";

/**
 * What the image is built of: a CodeCommit repository, which begins as a copy of runner-image/ and is the operator's to change, or a
 * copy of runner-image/ in S3, which each deployment brings up to date.
 */
export class ImageSource extends Construct {
  readonly buildSource: ISource;
  /** Where to clone it, or where it lies. */
  readonly url: string;
  /** What the release watch needs to know of it (`readReleaseWatchConfig` in app/config.ts). */
  readonly environment: Readonly<Record<string, string>>;
  /** When it changes between deployments; `null` when it does not. */
  readonly changes: EventPattern | null;
  readonly #grantRevision: (grantee: IGrantable) => void;
  readonly #grantRead: (grantee: IGrantable) => void;

  constructor(scope: Construct, id: string, props: ImageSourceProps) {
    super(scope, id);
    if (props.kind === "codecommit") {
      const repository = new Repository(this, "Repository", {
        repositoryName: `${Stack.of(this).stackName}-runner-image`,
        description: "Baton: what the runner image is built of; a push builds it",
        // Read once, when the repository is created (CloudFormation docs: AWS::CodeCommit::Repository Code).
        code: Code.fromDirectory(RUNNER_IMAGE, BRANCH),
      });
      this.buildSource = Source.codeCommit({ repository, branchOrRef: BRANCH });
      this.url = repository.repositoryCloneUrlHttp;
      this.environment = { IMAGE_SOURCE_REPOSITORY: repository.repositoryName, IMAGE_SOURCE_BRANCH: BRANCH };
      this.changes = {
        source: ["aws.codecommit"],
        detailType: ["CodeCommit Repository State Change"],
        resources: [repository.repositoryArn],
        detail: { event: ["referenceCreated", "referenceUpdated"], referenceType: ["branch"], referenceName: [BRANCH] },
      };
      this.#grantRevision = (grantee) => allow(grantee, ["codecommit:GetBranch"], repository.repositoryArn);
      this.#grantRead = (grantee) => allow(grantee, ["codecommit:GitPull"], repository.repositoryArn);
    } else {
      const asset = new Asset(this, "Archive", { path: RUNNER_IMAGE });
      const location = `${asset.s3BucketName}/${asset.s3ObjectKey}`;
      this.buildSource = Source.s3({ bucket: asset.bucket, path: asset.s3ObjectKey });
      this.url = asset.s3ObjectUrl;
      this.environment = { IMAGE_SOURCE_LOCATION: location };
      this.changes = null;
      this.#grantRevision = () => {};
      // The one file: all of the account's deployments share the bucket.
      this.#grantRead = (grantee) => allow(grantee, ["s3:GetObject", "s3:GetObjectVersion"], asset.bucket.arnForObjects(asset.s3ObjectKey));
    }
  }

  /** To fetch it, for building. */
  grantRead(grantee: IGrantable): void {
    this.#grantRead(grantee);
  }

  /** To see whether it has changed. */
  grantRevision(grantee: IGrantable): void {
    this.#grantRevision(grantee);
  }
}

function allow(grantee: IGrantable, actions: string[], resource: string): void {
  grantee.grantPrincipal.addToPrincipalPolicy(new PolicyStatement({ effect: Effect.ALLOW, actions, resources: [resource] }));
}
