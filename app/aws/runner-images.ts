import { DescribeImagesCommand, ImageNotFoundException, type ECRClient } from "@aws-sdk/client-ecr";
import { MOVING_TAG, versionOfTags } from "../core/runner-image.ts";
import type { RunnerImages } from "../ports.ts";
import { imageCall } from "./image-call.ts";

export interface EcrRunnerImagesOptions {
  readonly client: ECRClient;
  readonly repositoryName: string;
  /** For each call to ECR, the SDK's second attempt included; milliseconds. */
  readonly callTimeoutMs: number;
}

/** The runner image in ECR, by the tag that task definitions name. */
export function createEcrRunnerImages({ client, repositoryName, callTimeoutMs }: EcrRunnerImagesOptions): RunnerImages {
  return {
    inUse() {
      const command = new DescribeImagesCommand({ repositoryName, imageIds: [{ imageTag: MOVING_TAG }] });
      return imageCall(`describe ${repositoryName}:${MOVING_TAG}`, callTimeoutMs, async (abortSignal) => {
        try {
          const { imageDetails } = await client.send(command, { abortSignal });
          const [image] = imageDetails ?? [];
          if (image?.imageDigest === undefined) return null;
          return { digest: image.imageDigest, version: versionOfTags(image.imageTags ?? []), pushedAt: image.imagePushedAt?.getTime() ?? 0 };
        } catch (error) {
          if (error instanceof ImageNotFoundException) return null;
          throw error;
        }
      });
    },
  };
}
