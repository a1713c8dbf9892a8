import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ["**/*.test.ts"],
    // A hundred templates, and cfn-guard's many rules, take their time.
    hookTimeout: 300_000,
    testTimeout: 300_000,
  },
});
