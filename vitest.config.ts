import { defineConfig } from "vitest/config";

// An odd time zone on purpose: whatever leaks the host's zone into a result fails here.
process.env.TZ = "Pacific/Kiritimati";

/** `npm test`: everything that takes seconds. What takes minutes, and the properties, have their own command (`npm run test:long`). */
export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    exclude: ["test/**/*.long.test.ts", "test/properties/**", "test/browser/**"],
    // One more than the default, which leaves a core idle on a machine of two.
    maxWorkers: "100%",
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
