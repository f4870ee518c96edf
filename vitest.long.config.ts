import { defineConfig } from "vitest/config";

process.env.TZ = "Pacific/Kiritimati";
// The same properties as in `npm test`, with many more examples.
process.env.COLDTRAIL_FUZZ_RUNS ??= "60";

/** `npm run test:long`: faults, fuzzing, scale. */
export default defineConfig({
  test: {
    include: ["test/**/*.long.test.ts", "test/properties/**/*.test.ts"],
    testTimeout: 1_200_000,
    hookTimeout: 300_000,
  },
});
