import { EXIT, type ExitCode } from "../../errors.js";
import { type AcquisitionResult, acquire, openCase } from "../../evidence/index.js";
import { byteText, countText } from "../output.js";
import { startProgress } from "../progress.js";
import { safeText, type Terminal } from "../terminal.js";

export interface AcquireOptions {
  case: string;
  source: string[];
  concurrency?: number;
}

/** `coldtrail acquire`. What could not be had is said and does not stop the rest. */
export async function acquireSources(options: AcquireOptions, terminal: Terminal): Promise<ExitCode> {
  const held = await openCase(options.case);
  const bar = startProgress(terminal, "acquire", "files");
  let result: AcquisitionResult;
  try {
    result = await acquire(held, options.source, {
      now: terminal.now,
      version: terminal.version,
      signal: terminal.signal,
      ...(options.concurrency === undefined ? {} : { concurrency: options.concurrency }),
      progress: ({ phase, files, bytes, totalFiles }) => {
        if (phase === "copy") bar.update({ done: files, total: totalFiles ?? files, bytes });
      },
    });
  } finally {
    bar.end();
  }
  for (const problem of result.problems) terminal.note(`${safeText(problem)}\n`);
  const outcomes = Object.entries(result.outcomes).map(([outcome, count]) => `${count} ${outcome}`);
  terminal.note(
    `sealed ${result.path}: ${countText(result.files, "file")}, ${byteText(result.bytes)} (${outcomes.join(", ")})\n`,
  );
  return EXIT.done;
}
