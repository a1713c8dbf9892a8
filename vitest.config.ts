import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // Real processes are started, on machines that may be busy; a limit here is for what hangs.
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // They need more than Node and bash, packages of their own or Docker; or build and synthesize into the project's own folders.
    exclude: ["test/conformance/**", "test/templates/**", "test/browser/**", "test/lambda-runtime/**", "test/cdk-deploy/**", "test/runner-image/docker/**"],
  },
});
