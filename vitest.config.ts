import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["tests/**/*.test.ts"],
    globalSetup: ["tests/helpers/global_setup.ts"],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    pool: "forks",
    maxWorkers: 2,
    // Two cores shared by Postgres, workers and tests: what depends on a clock gets a second chance in CI, and is counted once.
    retry: process.env.CI ? 1 : 0,
  },
});
