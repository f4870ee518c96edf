/** Runs one acquisition from S3 in a process of its own, to be killed: `CASE ENDPOINT SOURCE`. Prints `started` when copying begins. */
import { acquire, openCase } from "../../src/evidence/index.js";
import { fixed } from "../unit/evidence/scratch-clock.js";

const [, , dir = "", endpoint = "", source = ""] = process.argv;
let isStarted = false;
await acquire(await openCase(dir), [source], {
  ...fixed,
  concurrency: 4,
  s3: {
    endpoint,
    pathStyle: true,
    region: "us-east-1",
    versions: "all",
    patience: { firstDelayMs: 5, longestDelayMs: 50 },
  },
  progress: ({ phase }) => {
    if (phase === "copy" && !isStarted) process.stdout.write("started\n");
    isStarted ||= phase === "copy";
  },
});
