import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ["**/*.test.ts"],
    // Each builds and synthesizes, on machines that may be busy.
    testTimeout: 300_000,
  },
});
