import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // Packages of their own, with more to install.
    exclude: ["test/conformance/**", "test/templates/**", "test/lambda-runtime/**"],
  },
});
