import { BranchDoesNotExistException, GetBranchCommand, type CodeCommitClient } from "@aws-sdk/client-codecommit";
import type { ImageSource } from "../ports.ts";
import { imageCall } from "./image-call.ts";

export interface CodeCommitImageSourceOptions {
  readonly client: CodeCommitClient;
  readonly repositoryName: string;
  readonly branchName: string;
  /** For each call to CodeCommit, the SDK's second attempt included; milliseconds. */
  readonly callTimeoutMs: number;
}

/** The image's source in CodeCommit. Its revision is the branch's last commit. */
export function createCodeCommitImageSource({ client, repositoryName, branchName, callTimeoutMs }: CodeCommitImageSourceOptions): ImageSource {
  return {
    revision() {
      const command = new GetBranchCommand({ repositoryName, branchName });
      return imageCall(`read the branch ${branchName} of ${repositoryName}`, callTimeoutMs, async (abortSignal) => {
        try {
          return (await client.send(command, { abortSignal })).branch?.commitId ?? null;
        } catch (error) {
          if (error instanceof BranchDoesNotExistException) return null;
          throw error;
        }
      });
    },
  };
}
