import { Duration, RemovalPolicy } from "aws-cdk-lib";
import { ImageTagMutabilityExclusionFilter, Repository, RepositoryEncryption, TagMutability, TagStatus } from "aws-cdk-lib/aws-ecr";
import { Construct } from "constructs";
import { MOVING_TAG } from "../app/core/runner-image.ts";
import { acknowledge } from "./acknowledge.ts";

/** Builds that can be gone back to. */
const KEPT_BUILDS = 10;

/**
 * Holds the runner image. Its tag `latest` is what the task definitions run, so that a new image needs no deployment. All other tags are for ever:
 * `VERSION` is the first build of that version, `VERSION-build-BATCH` each build, `VERSION-x64-BATCH` and `VERSION-arm64-BATCH` its two parts
 * (runner-image/build/publish-image.sh).
 */
export class RunnerImageRepository extends Construct {
  readonly repository: Repository;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.repository = new Repository(this, "Repository", {
      imageTagMutability: TagMutability.IMMUTABLE_WITH_EXCLUSION,
      imageTagMutabilityExclusionFilters: [ImageTagMutabilityExclusionFilter.wildcard(MOVING_TAG)],
      // With AWS's own key for ECR. One of ours would cost more than the image's storage, and the image is no secret.
      encryption: RepositoryEncryption.KMS,
      // Basic scanning. The registry's own configuration, which goes before this, is the account's and not one stack's to change.
      imageScanOnPush: true,
      // An image is rebuilt from its source at any time.
      removalPolicy: RemovalPolicy.DESTROY,
      emptyOnDelete: true,
    });
    acknowledge(this.repository, {
      "cdk-validator-cfnguard::ecr_private_tag_immutability_enabled_check": "All tags are immutable but latest, which moves with each build, so that a new image needs no deployment",
    });

    // A rule with a lower number claims the images it matches, whether or not it removes any: the image in use is safe from all that follow.
    this.repository.addLifecycleRule({ rulePriority: 1, description: "the image in use stays", tagStatus: TagStatus.TAGGED, tagPatternList: [MOVING_TAG], maxImageCount: 1 });
    this.repository.addLifecycleRule({ rulePriority: 2, description: "the last builds stay", tagStatus: TagStatus.TAGGED, tagPatternList: ["*-build-*"], maxImageCount: KEPT_BUILDS });
    // ECR does not remove a part while the build's own image refers to it (AWS docs: "Lifecycle policies"), so these are of failed builds or of builds that are gone.
    for (const [index, architecture] of ["x64", "arm64"].entries()) {
      this.repository.addLifecycleRule({
        rulePriority: 3 + index,
        description: `parts for ${architecture} of no build`,
        tagStatus: TagStatus.TAGGED,
        tagPatternList: [`*-${architecture}-*`],
        maxImageAge: Duration.days(7),
      });
    }
    // Only what somebody pushed by hand as latest and replaced. By count: age is counted from the push, so that by age the image of a moment ago, which a task
    // may still be pulling, could go at once.
    this.repository.addLifecycleRule({ rulePriority: 5, description: "images that lost their tag", tagStatus: TagStatus.UNTAGGED, maxImageCount: 3 });
  }
}
