import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import type { DetectionResult } from "../../src/queries/index.js";
import { coldtrail } from "../commands/command-line.js";
import { describeSamples, samples } from "../sources/samples.js";

/** What must fire on the records of a technique, or the sentence that says why nothing does. */
interface Technique {
  fires?: string[];
  none?: string;
}

const expected = parse(await readFile(join(import.meta.dirname, "stratus.yaml"), "utf8")) as {
  everywhere: string[];
  beside: string[];
  techniques: Record<string, Technique>;
};

/**
 * One case of all files: a finding belongs to the techniques whose files its records are in. Detections that look at
 * what surrounds a record see the other techniques too, as they would in the account that the attacks were run in.
 */
async function firedByTechnique(): Promise<Map<string, string[]>> {
  const evidence = join(samples, "stratus-red-team/docs/detonation-logs");
  const work = await mkdtemp(join(tmpdir(), "coldtrail-stratus-"));
  try {
    const folder = join(work, "case");
    // All of it is the period of interest; without one, nothing can be new.
    const period = ["--from", "2024-01-01T00:00:00Z", "--to", "2025-01-01T00:00:00Z"];
    await coldtrail("init", folder, "--title", "Stratus", "--examiner", "Test", ...period);
    await coldtrail("acquire", folder, evidence);
    const ingested = await coldtrail("ingest", folder);
    if (ingested.code !== 0) throw new Error(ingested.notes);
    const artifacts = JSON.parse(
      (await coldtrail("sql", folder, "select artifact_id, path from artifact", "--json")).out,
    ) as { artifact_id: number; path: string }[];
    const results = JSON.parse((await coldtrail("detect", folder, "--json")).out) as DetectionResult[];
    expect(results.filter(({ failed }) => failed).map(({ id }) => id)).toEqual([]);
    const fired = new Map(
      (await readdir(evidence)).sort().map((file) => [basename(file, ".json"), [] as string[]]),
    );
    for (const { artifact_id, path } of artifacts) {
      const of = results.filter(({ findings }) =>
        findings.some(({ records }) => records.some((record) => record.artifact_id === artifact_id)),
      );
      fired.get(basename(path, ".json"))?.push(...of.map(({ id }) => id));
    }
    return fired;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

describeSamples("the records of an attack technique give a finding of the detection that covers it", () => {
  test("every technique of stratus-red-team", { timeout: 60_000 }, async () => {
    const fired = await firedByTechnique();
    const named = (technique: string): string[] =>
      (fired.get(technique) ?? [])
        .filter((id) => !id.startsWith("rdy-") && ![...expected.everywhere, ...expected.beside].includes(id))
        .sort();
    const rows = [...fired.keys()].map(
      (technique) =>
        `${technique.padEnd(60)}${named(technique).join(", ") || `none: ${expected.techniques[technique]?.none}`}`,
    );
    process.stdout.write(`${rows.join("\n")}\n`);
    expect([...fired.keys()]).toEqual(Object.keys(expected.techniques).sort());
    for (const [technique, ids] of fired)
      expect(ids, technique).toEqual(expect.arrayContaining(expected.everywhere));
    expect(Object.fromEntries([...fired.keys()].map((technique) => [technique, named(technique)]))).toEqual(
      Object.fromEntries(
        Object.entries(expected.techniques).map(([technique, { fires }]) => [
          technique,
          [...(fires ?? [])].sort(),
        ]),
      ),
    );
  });
});
