import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // Real processes are started, on machines that may be busy; a limit here is for what hangs.
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Packages of their own, with more to install; and what builds and synthesizes into the project's own folders.
    exclude: ["test/conformance/**", "test/templates/**", "test/lambda-runtime/**", "test/cdk-deploy/**"],
  },
});
