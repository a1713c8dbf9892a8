import { DescribeSecretCommand } from "@aws-sdk/client-secrets-manager";
import { z } from "zod";
import type { OperatorClients } from "../operator-clients.ts";
import type { AppAtGithub } from "./find-app.ts";
import { TYPES, type StackContents } from "./stack-contents.ts";

const keyAnswer = z.object({ KeyMetadata: z.object({ DeletionDate: z.number().optional() }) });

/** What a removed stack leaves behind, with how to be rid of it. Looks at AWS for dates, and does without where it may not. */
export async function findLeftovers(clients: OperatorClients, contents: StackContents, app: AppAtGithub | null): Promise<string[]> {
  const idsOf = (type: string) => contents.resources.filter((resource) => resource.type === type && resource.physicalId !== "").map(({ physicalId }) => physicalId);
  const [secrets, keys] = await Promise.all([Promise.all(idsOf(TYPES.secret).map((id) => secretLine(clients, id))), Promise.all(idsOf(TYPES.key).map((id) => keyLine(clients, id)))]);
  return [
    ...[...secrets, ...keys].filter((line) => line !== null),
    app === null
      ? "the GitHub App, if one was set up: delete it under Settings, Developer settings, GitHub Apps, Advanced"
      : `the GitHub App ${app.name}: delete it at ${app.settingsUrl} ("Delete GitHub App"). Its installations go with it.`,
    "registrations of offline runners at GitHub, which GitHub forgets within a day or so",
    "schemas in EventBridge's registry discovered-schemas (github.com@…): they cost nothing and may be others' as well",
    "CDK's bootstrap stack with uploaded code, and AWS's service-linked roles: other stacks may use them",
  ];
}

async function secretLine({ secretsManager }: OperatorClients, id: string): Promise<string | null> {
  try {
    const { DeletedDate } = await secretsManager.send(new DescribeSecretCommand({ SecretId: id }));
    return DeletedDate ? `the secret ${id}, deleted on ${day(DeletedDate)} and restorable for its recovery window (aws secretsmanager restore-secret)` : `the secret ${id}: aws secretsmanager delete-secret --secret-id ${id}`;
  } catch {
    return null;
  }
}

async function keyLine({ kms }: OperatorClients, id: string): Promise<string | null> {
  try {
    const { DeletionDate } = keyAnswer.parse(await kms.call("DescribeKey", { KeyId: id }, AbortSignal.timeout(20_000))).KeyMetadata;
    return DeletionDate === undefined ? null : `the key ${id}, which KMS deletes on ${day(new Date(DeletionDate * 1000))}; it costs nothing until then`;
  } catch {
    return null;
  }
}

function day(date: Date): string {
  return date.toISOString().slice(0, 10);
}
