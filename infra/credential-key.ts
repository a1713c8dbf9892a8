import { RemovalPolicy } from "aws-cdk-lib";
import { Key } from "aws-cdk-lib/aws-kms";
import { Construct } from "constructs";

/** The key that seals runner credentials between the webhook function and the one container they are for. */
export class CredentialKey extends Construct {
  readonly key: Key;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.key = new Key(this, "Key", {
      description: "Baton: seals runner credentials on their way to a task",
      enableKeyRotation: true,
      // What it sealed expires within the hour, so nothing is lost with the key.
      removalPolicy: RemovalPolicy.DESTROY,
    });
  }
}
