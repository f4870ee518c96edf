import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe } from "vitest";
import { assetFolder } from "../../src/assets.js";
import { Database, type Row } from "../../src/database/index.js";
import { acquire, initCase, openCase } from "../../src/evidence/index.js";
import { databasePath, ingest } from "../../src/ingest/index.js";

/** Real evidence that lies beside a checkout on some machines, one folder further up from a worktree. */
const places = ["../../shared/samples", "../../../shared/samples"].map((path) =>
  join(assetFolder("sql"), path),
);
export const samples = places.find((path) => existsSync(path)) ?? "";

/** Tests of real evidence; where there is none, the name of the group says that they did not run. */
export function describeSamples(name: string, tests: () => void): void {
  if (samples !== "") describe(name, tests);
  else describe.skip(`${name} (skipped: ../shared/samples is not here)`, tests);
}

/** Loads files and asks one query; files that are given as content, by name, are written down first. */
export async function asked(
  evidence: string[] | Record<string, string | Uint8Array>,
  sql: string,
): Promise<Row[]> {
  const work = await mkdtemp(join(tmpdir(), "coldtrail-samples-"));
  try {
    const paths = Array.isArray(evidence)
      ? evidence.map((path) => join(samples, path))
      : [join(work, "evidence")];
    for (const [name, text] of Array.isArray(evidence) ? [] : Object.entries(evidence)) {
      const path = join(work, "evidence", name);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, text);
    }
    const folder = join(work, "case");
    const statement = { title: "Samples", examiner: "Test" };
    await initCase(folder, statement, { now: () => new Date(0), newId: () => "case", version: "0" });
    const held = await openCase(folder);
    await acquire(held, paths, { now: () => new Date(0), version: "0" });
    const result = await ingest(held, { sqlFolder: assetFolder("sql"), threads: 2 });
    if (result.broken.length > 0) throw new Error(`records got lost: ${JSON.stringify(result.broken)}`);
    const database = await Database.openForAnalysis(databasePath(held));
    try {
      return await database.rows(sql);
    } finally {
      database.close();
    }
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
