import { RemovalPolicy } from "aws-cdk-lib";
import { Effect, PolicyStatement, type IGrantable } from "aws-cdk-lib/aws-iam";
import { Secret, type CfnSecret } from "aws-cdk-lib/aws-secretsmanager";
import { Construct } from "constructs";
import { acknowledge } from "./acknowledge.ts";

/**
 * The GitHub App's own secrets. Both are created without any value, so that the functions refuse to work until `npm run setup` has
 * written one: a generated value would pass for a key, and a value in the template would come back with a later deployment.
 */
export class AppSecrets extends Construct {
  /** JSON `{appId, privateKey, webhookSecret, previousWebhookSecret?}`, for the functions that act as the App. */
  readonly app: Secret;
  /** JSON `{clientId, clientSecret}`, for signing people in; apart, so that who reads the one does not read the other. */
  readonly oauth: Secret;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.app = this.#withoutValue("App", "Baton: id, private key and webhook secret of the GitHub App; npm run setup writes them");
    this.oauth = this.#withoutValue("OAuth", "Baton: OAuth client of the GitHub App, for signing in; npm run setup writes it");
  }

  /** To act as the App. CDK's own `grantRead` would add what describes the secret. */
  grantReadApp(grantee: IGrantable): void {
    grantee.grantPrincipal.addToPrincipalPolicy(new PolicyStatement({ effect: Effect.ALLOW, actions: ["secretsmanager:GetSecretValue"], resources: [this.app.secretArn] }));
  }

  /** To sign people in. */
  grantReadOAuth(grantee: IGrantable): void {
    grantee.grantPrincipal.addToPrincipalPolicy(new PolicyStatement({ effect: Effect.ALLOW, actions: ["secretsmanager:GetSecretValue"], resources: [this.oauth.secretArn] }));
  }

  #withoutValue(id: string, description: string): Secret {
    const secret = new Secret(this, id, { description, removalPolicy: RemovalPolicy.DESTROY });
    // CDK asks for a generated password where nothing is said. CloudFormation creates a secret without a version when both ways to a
    // value are left out, and never touches the value afterwards.
    (secret.node.defaultChild as CfnSecret).addPropertyDeletionOverride("GenerateSecretString");
    acknowledge(secret, { "AwsSolutions::AwsSolutions-SMG4": "GitHub makes these, and lets only a person change them; the functions take a changed one within five minutes" });
    return secret;
  }
}
