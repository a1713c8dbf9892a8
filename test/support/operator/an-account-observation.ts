import type { AccountFacts, AccountObservation } from "../../../app/operator/deploy/account-observation.ts";
import type { DeployWishes } from "../../../app/operator/deploy/deploy-findings.ts";
import { aPolicy, type ProfileInput } from "../test-profiles.ts";

const known = <T>(value: T) => ({ known: true, value }) as const;

/** An account that has all it takes. */
export function anAccount(changes: Partial<AccountFacts> = {}): AccountObservation {
  return {
    region: "eu-west-1",
    caller: { kind: "known", account: "111122223333", arn: "arn:aws:iam::111122223333:user/ada" },
    account: {
      bootstrap: known(28),
      stack: known(null),
      lambda: known({ limit: 1000, unreserved: 1000 }),
      vcpus: { fargate: known(256), "fargate-spot": known(256), ec2: known(256) },
      buildMachines: known({ "Linux/Small": 1, "ARM/Small": 1 }),
      ecsRole: known(true),
      autoScalingRole: known(true),
      codeCommit: known(3),
      ...changes,
    },
  };
}

export function deployWishes(changes: Partial<DeployWishes> = {}, ...profiles: ProfileInput[]): DeployWishes {
  return { stackName: "Baton", imageSource: "codecommit", reservedConcurrency: null, profiles: aPolicy(...profiles), ...changes };
}
