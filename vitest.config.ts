import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // One less by default, which leaves every other moment of a machine with two cores idle: much of what is tested waits.
    maxWorkers: "100%",
    // Real processes are started, on machines that may be busy; limits, here and in the tests, are for what hangs.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: 60_000 } },
    // They need more than Node and bash, packages of their own or Docker; or build and synthesize into the project's own folders.
    exclude: ["test/conformance/**", "test/templates/**", "test/browser/**", "test/lambda-runtime/**", "test/cdk-deploy/**", "test/runner-image/docker/**"],
  },
});
