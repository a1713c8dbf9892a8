import { RemovalPolicy } from "aws-cdk-lib";
import { Repository, TagStatus } from "aws-cdk-lib/aws-ecr";
import { Construct } from "constructs";
import { acknowledge } from "./acknowledge.ts";

/** Holds the runner image. Its `latest` tag is what the task definitions run, so that a new image needs no deployment. */
export class RunnerImageRepository extends Construct {
  readonly repository: Repository;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.repository = new Repository(this, "Repository", {
      imageScanOnPush: true,
      // An image is rebuilt from this repository's sources at any time.
      removalPolicy: RemovalPolicy.DESTROY,
      emptyOnDelete: true,
    });
    acknowledge(this.repository, {
      "cdk-validator-cfnguard::ecr_private_tag_immutability_enabled_check": "The tag latest moves with each build, so that a new image needs no deployment",
    });
    // ECS turns the tag into a digest when a task starts, and a task may still be pulling one that has just lost its tag. By count: age
    // is counted from the push, so that by age the image of a moment ago could go at once.
    this.repository.addLifecycleRule({ description: "images that lost their tag", tagStatus: TagStatus.UNTAGGED, maxImageCount: 3 });
  }
}
