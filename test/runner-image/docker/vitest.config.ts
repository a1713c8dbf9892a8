import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ["**/*.test.ts"],
    globalSetup: ["prepare-images.ts"],
    // One daemon, two cores, and an address on the loopback that only one test can have at a time.
    fileParallelism: false,
    // A build fetches packages.
    testTimeout: 240_000,
    hookTimeout: 300_000,
  },
});
