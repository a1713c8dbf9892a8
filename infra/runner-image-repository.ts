import { Duration, RemovalPolicy } from "aws-cdk-lib";
import { ImageTagMutabilityExclusionFilter, Repository, RepositoryEncryption, TagMutability, TagStatus } from "aws-cdk-lib/aws-ecr";
import { Construct } from "constructs";
import { MOVING_TAG } from "../app/core/runner-image.ts";
import type { LaunchTarget } from "../app/core/runner-profiles.ts";
import { acknowledge } from "./acknowledge.ts";

export interface RunnerImageRepositoryProps {
  readonly targets: readonly LaunchTarget[];
}

/** Builds that can be gone back to. */
const KEPT_BUILDS = 10;

/**
 * Holds the runner image. Its tag `latest` is what the task definitions run, so that a new image needs no deployment. All other tags are for ever:
 * `VERSION` is the first build of that version, `VERSION-build-BATCH` each build, `VERSION-x64-BATCH` and `VERSION-arm64-BATCH` its two parts
 * (runner-image/build/publish-image.sh).
 */
export class RunnerImageRepository extends Construct {
  readonly repository: Repository;

  constructor(scope: Construct, id: string, props: RunnerImageRepositoryProps) {
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

    // A rule with a lower number claims the images it matches, whether or not it removes any. One image at a time has a tag, so one of these removes none,
    // and what tasks run is safe from all that follow.
    let rulePriority = 1;
    for (const tag of new Set([MOVING_TAG, ...props.targets.flatMap(({ imageTag }) => imageTag ?? [])])) {
      this.repository.addLifecycleRule({ rulePriority: rulePriority++, description: "in use", tagStatus: TagStatus.TAGGED, tagPatternList: [tag], maxImageCount: 1 });
    }
    this.repository.addLifecycleRule({ rulePriority: rulePriority++, description: "the last builds stay", tagStatus: TagStatus.TAGGED, tagPatternList: ["*-build-*"], maxImageCount: KEPT_BUILDS });
    // ECR does not remove a part while the build's own image refers to it (AWS docs: "Lifecycle policies"), so these are of failed builds or of builds that are gone.
    for (const architecture of ["x64", "arm64"]) {
      this.repository.addLifecycleRule({
        rulePriority: rulePriority++,
        description: `parts for ${architecture} of no build`,
        tagStatus: TagStatus.TAGGED,
        tagPatternList: [`*-${architecture}-*`],
        maxImageAge: Duration.days(7),
      });
    }
    // Only what somebody pushed by hand as latest and replaced. By count: age is counted from the push, so that by age the image of a moment ago, which a task
    // may still be pulling, could go at once.
    this.repository.addLifecycleRule({ rulePriority, description: "images that lost their tag", tagStatus: TagStatus.UNTAGGED, maxImageCount: 3 });
  }
}
