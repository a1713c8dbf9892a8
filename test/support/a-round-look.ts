import type { Runner } from "../../app/core/observation.ts";
import type { RoundLook } from "../../app/core/round-sightings.ts";
import type { SeenPlace } from "../../app/core/seen-places.ts";
import { TEST_NOW } from "./a-workflow-job-event.ts";

export const A_PLACE: SeenPlace = { installationId: "4711", scope: { kind: "organization", organization: "acme" }, seenAt: TEST_NOW, listedAt: TEST_NOW, refusals: 0 };

/** Of a round that saw nothing. */
export function aRoundLook(overrides: Partial<RoundLook> = {}): RoundLook {
  return { at: TEST_NOW, records: [], places: [], lists: [], deliveries: [], hook: { url: "https://hooks.example/", active: true }, ...overrides };
}

/** An idle runner of ours. */
export function aRunner(name: string, overrides: Partial<Runner> = {}): Runner {
  return { id: name, name, online: true, busy: false, labels: ["self-hosted", "small"], scope: A_PLACE.scope, installationId: A_PLACE.installationId, ...overrides };
}
