import type { AppFacts, InstallationFacts, QuotaFacts, RunnerGroupFacts } from "../facts-at-github.ts";
import type { Look } from "../look.ts";
import type { RunnerTask } from "../observation.ts";
import type { DeliverySighting, RoundSightings } from "../round-sightings.ts";
import type { ImageStanding } from "../runner-image.ts";
import type { RunnerProfiles } from "../runner-profiles.ts";

/** What was looked at of the deployment as a whole. `null` in place of a look: there was no way to. */
export interface DeploymentEvidence {
  readonly webOrigin: string;
  readonly profiles: RunnerProfiles;
  readonly runnerNamePrefix: string;
  /** Where GitHub should send the App's events; `null` where nobody said. */
  readonly hookUrl: string | null;
  readonly app: Look<AppFacts>;
  /** By the App's own key; a signed-in person's look proves nothing about it. */
  readonly byKey: boolean;
  readonly hook: Look<RoundSightings["hook"]>;
  readonly deliveries: Look<readonly DeliverySighting[]>;
  readonly sightings: Look<RoundSightings | null>;
  readonly tasks: Look<readonly RunnerTask[]>;
  readonly image: Look<ImageStanding | null> | null;
}

/** And of one installation. */
export interface InstallationEvidence extends DeploymentEvidence {
  readonly installation: Look<InstallationFacts | null>;
  /** By name, each that a profile registers in. */
  readonly groups: ReadonlyMap<string, Look<RunnerGroupFacts | null>>;
  readonly quota: Look<QuotaFacts> | null;
}
