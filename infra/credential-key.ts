import { RemovalPolicy, Stack } from "aws-cdk-lib";
import { AnyPrincipal, Effect, PolicyStatement, type IGrantable } from "aws-cdk-lib/aws-iam";
import { Key } from "aws-cdk-lib/aws-kms";
import { Construct } from "constructs";
import { TARGET_CONTEXT_KEY } from "../app/aws/seal-context.ts";

/** The key that seals runner credentials between the function that mints one and the one container it is for. */
export class CredentialKey extends Construct {
  readonly key: Key;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.key = new Key(this, "Key", {
      description: "Baton: seals runner credentials on their way to a task",
      // For people; the functions name the key itself, which needs no right to resolve an alias.
      alias: `${Stack.of(this).stackName}/runner-credentials`,
      enableKeyRotation: true,
      // What it sealed expires within the hour, so nothing is lost with the key.
      removalPolicy: RemovalPolicy.DESTROY,
    });
    // A grant would open seals past the encryption context that each task role is bound to; no AWS service needs one here.
    this.key.addToResourcePolicy(
      new PolicyStatement({
        sid: "NoGrants",
        effect: Effect.DENY,
        principals: [new AnyPrincipal()],
        actions: ["kms:CreateGrant"],
        resources: ["*"],
        conditions: { BoolIfExists: { "kms:GrantIsForAWSResource": "false", "aws:PrincipalIsAWSService": "false" } },
      }),
    );
  }

  /** May seal, and cannot open what it has sealed. CDK's own `grantEncrypt` would add re-encryption and data keys. */
  grantSeal(grantee: IGrantable): void {
    grantee.grantPrincipal.addToPrincipalPolicy(new PolicyStatement({ effect: Effect.ALLOW, actions: ["kms:Encrypt"], resources: [this.key.keyArn] }));
  }

  /** May open what was sealed for this launch target; job and launch are checked by the container, which knows its own. */
  grantOpen(grantee: IGrantable, targetName: string): void {
    grantee.grantPrincipal.addToPrincipalPolicy(
      new PolicyStatement({
        effect: Effect.ALLOW,
        actions: ["kms:Decrypt"],
        resources: [this.key.keyArn],
        conditions: { StringEquals: { [`kms:EncryptionContext:${TARGET_CONTEXT_KEY}`]: targetName } },
      }),
    );
  }
}
