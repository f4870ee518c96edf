import { rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { writeAnswerKey } from "./answer-key.js";
import { Archive } from "./archive.js";
import { writeCase } from "./case-file.js";
import { writeConfiguration } from "./configuration.js";
import { Delivery } from "./delivery.js";
import { writeReference } from "./reference.js";
import { planScale } from "./scale.js";
import { tell } from "./story.js";
import type { Tally } from "./tally.js";

// Makes the sample: `npm run sample` rewrites sample-evidence, `npm run sample -- --scale N --out DIR` makes a larger one.

/** What a run made. */
export interface Made {
  readonly tally: Tally;
  readonly files: number;
  readonly bytes: number;
}

/** Writes the whole sample below a folder. */
export async function generate(out: string, events?: number, onHour?: (hour: number) => void): Promise<Made> {
  const archive = new Archive(join(out, "evidence"));
  const delivery = new Delivery(archive);
  const scale = planScale(events);
  await tell(delivery, scale, onHour);
  writeConfiguration(archive, delivery.digests, scale.from, delivery.seen);
  const rest = new Archive(out);
  writeReference(rest, scale, events !== undefined);
  writeCase(rest);
  writeAnswerKey(rest, delivery.tally, delivery.seen);
  return { tally: delivery.tally, files: archive.files, bytes: archive.bytes };
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { scale: { type: "string" }, out: { type: "string" } } });
  const committed = join(dirname(fileURLToPath(import.meta.url)), "../../sample-evidence");
  const out = values.out ?? committed;
  if (out === committed)
    for (const part of ["evidence", "reference"]) rmSync(join(out, part), { recursive: true, force: true });
  const started = performance.now();
  let peak = 0;
  const made = await generate(out, values.scale ? Number(values.scale) : undefined, () => {
    peak = Math.max(peak, process.memoryUsage.rss());
  });
  const seconds = (performance.now() - started) / 1000;
  process.stderr.write(
    `${JSON.stringify(made.tally)}\n${made.files} files, ${(made.bytes / 1e6).toFixed(1)} MB, ${seconds.toFixed(1)} s, ` +
      `${Math.round(made.tally.cloudtrail / seconds)} events/s, peak ${(peak / 1e6).toFixed(0)} MB\n`,
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
