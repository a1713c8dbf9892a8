import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ["**/*.test.ts"],
    // Both files build into dist/.
    fileParallelism: false,
    // The build runs first.
    hookTimeout: 240_000,
    testTimeout: 180_000,
  },
});
