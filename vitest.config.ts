import { defineConfig } from "vitest/config";

// An odd time zone on purpose: whatever leaks the host's zone into a result fails here.
process.env.TZ = "Pacific/Kiritimati";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    reporters: ["default"],
  },
});
