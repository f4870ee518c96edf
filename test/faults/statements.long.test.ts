import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { Database } from "../../src/database/index.js";
import { evidenceTables } from "../../src/ingest/evidence-tables.js";
import { coldtrail } from "../commands/command-line.js";
import { acquired } from "./trail.js";

/** Evidence of every source, with duplicates, conflicts, lossy copies, rejects and files that nobody reads. */
const EVIDENCE = [
  "cloudtrail/duplicates",
  "cloudtrail/event-history",
  "cloudtrail/damage",
  "bedrock-invocation/log",
  "s3-access/fields",
].map((name) => join(import.meta.dirname, "..", "sources", name));
/** Each so many statements a run ends there; 1 tries them all. */
const STRIDE = Number(process.env.COLDTRAIL_STATEMENT_STRIDE ?? 3);

let work: string;
let folder: string;

beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), "coldtrail-statements-"));
  folder = await acquired(join(work, "case"), ...EVIDENCE);
});
afterEach(() => vi.restoreAllMocks());
afterAll(() => rm(work, { recursive: true, force: true }));

/** Every row of every table that evidence fills. */
async function everything(): Promise<string> {
  const database = await Database.openForAnalysis(join(folder, "case.duckdb"));
  try {
    const rows: unknown[] = [];
    for (const table of [...(await evidenceTables(database)), "record_count"]) {
      rows.push(
        table,
        await database.rows(`select to_json(t)::varchar as row from "${table}" as t order by all`),
      );
    }
    return JSON.stringify(rows);
  } finally {
    database.close();
  }
}

/** Lets `ingest` fail at its n-th statement after evidence begins to come in, and at all that follow, as if killed there. */
async function ingestUntil(last: number): Promise<number> {
  let statements = -1;
  let isSettled = false;
  const { run, append } = Database.prototype;
  const count = (sql: string): void => {
    // What follows reads what is settled.
    if (sql === "checkpoint") isSettled = true;
    if (isSettled) return;
    if (statements >= 0) statements++;
    else if (sql.includes("'ingest', 'open'")) statements = 0;
    if (statements > last) throw new Error("killed");
  };
  vi.spyOn(Database.prototype, "run").mockImplementation(async function (this: Database, ...args) {
    count(args[0]);
    return run.apply(this, args);
  });
  vi.spyOn(Database.prototype, "append").mockImplementation(async function (this: Database, ...args) {
    count(args[0]);
    return append.apply(this, args);
  });
  await coldtrail("ingest", folder).catch(() => undefined);
  vi.restoreAllMocks();
  return statements;
}

test("ingest that ends after any statement goes on and ends with exactly the rows of an undisturbed run", async () => {
  const total = await ingestUntil(Number.POSITIVE_INFINITY);
  const undisturbed = await everything();
  expect(total).toBeGreaterThan(100);
  expect(undisturbed).toContain("event_id_conflict");
  for (let last = 0; last < total; last += STRIDE) {
    await rm(join(folder, "case.duckdb"));
    expect(await ingestUntil(last)).toBeGreaterThan(last);
    expect((await coldtrail("ingest", folder)).code).toBe(4);
    expect(await everything(), `ended after statement ${last}`).toBe(undisturbed);
  }
});
