import { createInMemoryJobDirectory } from "./in-memory-job-directory.ts";
import { createInMemoryJobStore } from "./in-memory-job-store.ts";
import { describeJobDirectory } from "./job-directory-contract.ts";

describeJobDirectory("job directory in memory", async () => {
  const store = createInMemoryJobStore();
  return { store, directory: createInMemoryJobDirectory(store), close: async () => {} };
});
