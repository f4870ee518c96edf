/**
 * Runs one acquisition in a process of its own, to be killed or run as another user: `CASE SOURCE…`. Prints `started` when copying
 * begins and the result, or the error, as JSON at the end.
 */
import { acquire, openCase } from "../../../src/evidence/index.js";
import { fixed } from "./scratch-clock.js";

const [, , dir = "", ...sources] = process.argv;
let isStarted = false;
try {
  const result = await acquire(await openCase(dir), sources, {
    ...fixed,
    progress: () => {
      if (!isStarted) process.stdout.write("started\n");
      isStarted = true;
    },
  });
  process.stdout.write(`${JSON.stringify(result)}\n`);
} catch (error) {
  const { code, message } = error as { code: string; message: string };
  process.stdout.write(`${JSON.stringify({ code, message })}\n`);
}
