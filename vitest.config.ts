import { defineConfig } from "vitest/config";

// An odd time zone on purpose: whatever leaks the host's zone into a result fails here.
process.env.TZ = "Pacific/Kiritimati";

/** `npm test`: everything that takes seconds. What takes minutes is named `*.long.test.ts` and has its own command. */
export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    exclude: ["test/**/*.long.test.ts"],
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
