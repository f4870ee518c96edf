import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { assetFolder } from "../../src/assets.js";
import { Database } from "../../src/database/index.js";
import { acquire, initCase, openCase } from "../../src/evidence/index.js";
import { databasePath, ingest } from "../../src/ingest/index.js";

/**
 * A case of a source is a folder `test/sources/<source>/<case>/` with `evidence/` (what the analyst has) and
 * `expect.yaml`: `counts` per source, and rows of any table with only the columns that matter.
 */
interface Expectation {
  about: string;
  counts: Record<string, Partial<Record<"records" | "rows" | "duplicates" | "skipped" | "rejected", number>>>;
  unclaimed?: string[];
  tables?: Record<string, Record<string, unknown>[]>;
}

const here = import.meta.dirname;
const work = await mkdtemp(join(tmpdir(), "coldtrail-sources-"));
afterAll(() => rm(work, { recursive: true, force: true }));

async function foldersOf(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
}

for (const source of await foldersOf(here)) {
  describe(source, async () => {
    for (const name of await foldersOf(join(here, source))) {
      const folder = join(here, source, name);
      const expected = parse(await readFile(join(folder, "expect.yaml"), "utf8")) as Expectation;
      test(expected.about, () => compare(folder, expected, join(work, `${source}-${name}`)));
    }
  });
}

async function compare(folder: string, expected: Expectation, caseFolder: string): Promise<void> {
  const statement = { title: "Sources", examiner: "Test" };
  await initCase(caseFolder, statement, { now: () => new Date(0), newId: () => "case", version: "0" });
  const held = await openCase(caseFolder);
  await acquire(held, [join(folder, "evidence")], { now: () => new Date(0), version: "0" });
  const result = await ingest(held, { sqlFolder: assetFolder("sql"), threads: 2 });
  expect(result.broken).toEqual([]);
  const database = await Database.openForAnalysis(databasePath(held));
  try {
    const counts = await database.rows<{ source: string }>(
      `select source, sum(records)::bigint as records, sum(row_count)::bigint as "rows", sum(duplicates)::bigint as duplicates,
              sum(skipped)::bigint as skipped, sum(rejected)::bigint as rejected
       from record_count group by source order by source`,
    );
    expect(counts).toMatchObject(
      Object.keys(expected.counts)
        .sort()
        .map((source) => ({ source, ...expected.counts[source] })),
    );
    const unclaimed = await database.rows<{ original: string }>(
      "select original from artifact where state = 'unclaimed' order by artifact_id",
    );
    expect(unclaimed.map((row) => row.original.replace("evidence/", ""))).toEqual(expected.unclaimed ?? []);
    for (const [table, rows] of Object.entries(expected.tables ?? {})) {
      const names = (await database.describe(`from "${table}"`)).map((column) => column.name);
      const order = names.filter((name) =>
        /^(artifact_id|(record|message|statement|assessment)_no)$/.test(name),
      );
      expect(await database.rows(`from "${table}" order by ${order.join(", ")}`), table).toMatchObject(rows);
    }
  } finally {
    database.close();
  }
}
