import type { Diagnosis } from "../diagnosis.ts";
import { accessCauses } from "./access-causes.ts";
import type { Cause, Topic } from "./cause.ts";
import { deliveryCauses } from "./delivery-causes.ts";
import { failureCauses } from "./failure-causes.ts";
import { findingsOf } from "./findings.ts";
import type { JobEvidence } from "./job-evidence.ts";
import { jobStateCauses } from "./job-state-causes.ts";
import { launchCauses, standstillCauses } from "./launch-causes.ts";
import { policyCauses } from "./policy-causes.ts";
import { registrationCauses } from "./registration-causes.ts";
import { situationOf, type Situation } from "./situation.ts";

/** Along a job's way: the first that applies is the answer. */
export const CAUSES: readonly Cause[] = [
  ...accessCauses,
  ...jobStateCauses,
  ...deliveryCauses,
  ...policyCauses,
  ...registrationCauses,
  ...standstillCauses,
  ...failureCauses,
  ...launchCauses,
];

/** Why the job did (not) start. Pure: `now` is epoch milliseconds. */
export function diagnoseJob(evidence: JobEvidence, now: number): Diagnosis {
  const situation = situationOf(evidence, now);
  const faults = new Set<Topic>();
  let first: Diagnosis | null = null;
  for (const { id, topic, explain } of CAUSES) {
    const explanation = explain(situation);
    if (explanation === null) continue;
    first ??= { cause: id, ...explanation, findings: [], job: jobOf(situation) };
    // The last ones only say that a launch is under way, whatever else there is.
    if (explanation.verdict === "wrong") faults.add(topic);
  }
  if (first === null) throw new Error("the last cause applies always");
  return { ...first, findings: findingsOf(situation, faults) };
}

function jobOf({ evidence, job, record, installation, fullName }: Situation): Diagnosis["job"] {
  const { address, webOrigin } = evidence;
  const id = job?.id ?? record?.jobId ?? address.jobId;
  if (id === null) return null;
  const run = job?.runId ?? record?.runId ?? address.runId;
  const url = job?.htmlUrl || record?.htmlUrl || (run === null ? `${webOrigin}/${fullName}/runs/${id}` : `${webOrigin}/${fullName}/actions/runs/${run}/job/${id}`);
  return { id, name: job?.name ?? record?.jobName ?? "", url, repository: fullName, installationId: installation?.id ?? record?.installationId ?? null };
}
