import { createInMemoryRoundLease } from "./in-memory-round-lease.ts";
import { describeRoundLease } from "./round-lease-contract.ts";

describeRoundLease("round lease in memory", async () => ({ lease: createInMemoryRoundLease(), close: async () => {} }));
