import type { Chronicle } from "./chronicle.ts";
import type { Faults } from "./faults.ts";
import type { SeededRandom } from "./seeded-random.ts";
import type { VirtualTime } from "./virtual-time.ts";
import type { Watch } from "./watch.ts";

/** What all actors of one history share. */
export interface Stage {
  readonly time: VirtualTime;
  /** How long things take, and what people do. */
  readonly random: SeededRandom;
  readonly faults: Faults;
  readonly watch: Watch;
  readonly chronicle: Chronicle;
}
