import { defineConfig } from "vitest/config";

process.env.TZ = "Pacific/Kiritimati";

/** `npm run test:browser`: the report in headless Chromium. */
export default defineConfig({
  test: {
    include: ["test/browser/**/*.test.ts"],
    testTimeout: 300_000,
    hookTimeout: 900_000,
  },
});
