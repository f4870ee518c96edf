import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { assetFolder } from "../../../src/assets.js";
import type { Batch } from "../../../src/ingest/batch.js";
import { loadSources } from "../../../src/ingest/source.js";
import { Stager } from "../../../src/ingest/stage.js";

const work = await mkdtemp(join(tmpdir(), "coldtrail-stage-"));
afterAll(() => rm(work, { recursive: true, force: true }));

/** Stages one file of JSON lines and returns what was shipped, with the lines of its spools. */
async function staged(
  name: string,
  lines: string[],
  batchBytes: number,
): Promise<{ batch: Batch; lines: number }[]> {
  const path = join(work, name);
  await writeFile(path, lines.join("\n"));
  const shipped: { batch: Batch; lines: number }[] = [];
  const stager = new Stager({
    sources: await loadSources(assetFolder("sql")),
    caseFolder: work,
    spoolFolder: join(work, `spool-${name}`),
    name: "test",
    batchBytes,
    maxRecord: 1_000_000,
    ship: async (batch) => {
      const texts = await Promise.all(batch.spools.map(({ path: spool }) => readFile(spool, "utf8")));
      shipped.push({ batch, lines: texts.join("").split("\n").length - 1 });
    },
  });
  const { length: size } = await readFile(path);
  await stager.stage({ artifactId: 7, path: name, members: [], size, sha256: null, name, careful: false });
  await stager.flush();
  return shipped;
}

const capture = (id: number, data: string): string =>
  JSON.stringify({
    captureData: { endpointInput: { observedContentType: "text/csv", mode: "INPUT", data, encoding: "CSV" } },
    eventMetadata: { eventId: `e-${id}`, inferenceTime: "2026-03-11T12:00:00Z" },
    eventVersion: "0",
  });

describe("a large artifact that is shipped in parts", () => {
  test("has one row of its own, with its last part, and loses no record", async () => {
    // Several chunks of one megabyte, each more than two batches.
    const lines = Array.from({ length: 40_000 }, (_, id) => capture(id, "7,80.5,0,0"));
    const shipped = await staged("many.jsonl", lines, 100_000);
    expect(shipped.length).toBeGreaterThan(1);
    const artifacts = shipped.flatMap(({ batch }) => batch.artifacts);
    expect(artifacts).toMatchObject([{ artifactId: 7, state: "loaded", records: 40_000 }]);
    expect(shipped.at(-1)?.batch.artifacts).toHaveLength(1);
    expect(shipped.reduce((sum, part) => sum + part.lines, 0)).toBe(40_000);
  });

  test("comes in small parts when its records are large, however large a batch may be", async () => {
    const lines = Array.from({ length: 400 }, (_, id) => capture(id, "7".repeat(100_000)));
    const shipped = await staged("large.jsonl", lines, 1_000_000_000);
    expect(shipped.length).toBeGreaterThan(1);
    for (const { batch } of shipped) {
      for (const { bytes } of batch.spools) expect(bytes).toBeLessThan(20 * 1024 * 1024);
    }
    expect(shipped.reduce((sum, part) => sum + part.lines, 0)).toBe(400);
  });
});
