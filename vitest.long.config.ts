import { defineConfig } from "vitest/config";

process.env.TZ = "Pacific/Kiritimati";
// The same properties as in `npm test`, with many more examples.
process.env.COLDTRAIL_FUZZ_RUNS ??= "60";

/** `npm run test:long`: faults, fuzzing, scale. */
export default defineConfig({
  test: {
    include: ["test/**/*.long.test.ts", "test/properties/**/*.test.ts"],
    // One more than the default, which leaves a core idle on a machine of two.
    maxWorkers: "100%",
    testTimeout: 1_200_000,
    hookTimeout: 300_000,
  },
});
