import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ["**/*.test.ts"],
    // Reading GitHub's description takes a few seconds.
    hookTimeout: 180_000,
    testTimeout: 180_000,
  },
});
