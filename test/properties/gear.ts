import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { assetFolder } from "../../src/assets.js";
import { applySchema, Database } from "../../src/database/index.js";
import type { StageJob } from "../../src/ingest/batch.js";
import { evidenceTables, forgetArtifacts } from "../../src/ingest/evidence-tables.js";
import { Loader } from "../../src/ingest/load.js";
import { countRecords, settle } from "../../src/ingest/settle.js";
import { loadSources, type Source } from "../../src/ingest/source.js";
import { Stager } from "../../src/ingest/stage.js";

/** How often a property is tried; more in a long run. */
export const RUNS = Number(process.env.COLDTRAIL_FUZZ_RUNS ?? 5);

/** A database in which one file after the other is loaded and forgotten. */
export class Gears {
  private constructor(
    private readonly work: string,
    private readonly sources: Source[],
    private readonly database: Database,
  ) {}

  static async open(): Promise<Gears> {
    const work = await mkdtemp(join(tmpdir(), "coldtrail-gears-"));
    const database = await Database.openForIngest(join(work, "case.duckdb"), {
      readFolders: [join(work, "spool")],
      threads: 1,
    });
    await applySchema(database, assetFolder("sql"));
    return new Gears(work, await loadSources(assetFolder("sql")), database);
  }

  async close(): Promise<void> {
    this.database.close();
    await rm(this.work, { recursive: true, force: true });
  }

  /** What one file becomes when a chosen gear starts on it: its rows in every table. */
  async ingested(bytes: Buffer, name: string, careful: boolean): Promise<Record<string, unknown>> {
    const { database, sources, work } = this;
    await forgetArtifacts(database, [1]);
    await writeFile(join(work, "evidence"), bytes);
    const job: StageJob = {
      artifactId: 1,
      path: "evidence",
      members: [],
      size: bytes.length,
      sha256: null,
      name,
      careful,
    };
    const origin = { acquisition: "0001", path: name, original: name, member: null };
    const redo: StageJob[] = [];
    const loader = new Loader(database, sources, new Map([[1, origin]]), () =>
      redo.push({ ...job, careful: true }),
    );
    const stager = new Stager({
      sources,
      caseFolder: work,
      spoolFolder: join(work, "spool"),
      name: `gear-${careful}`,
      batchBytes: 1_000_000,
      maxRecord: 1_000_000,
      ship: (batch) => loader.load(batch),
    });
    for (let next: StageJob | undefined = job; next !== undefined; next = redo.shift()) {
      await stager.stage(next);
      await stager.flush();
    }
    await loader.commit();
    await settle(database, sources, assetFolder("sql"));
    const result: Record<string, unknown> = {
      broken: await countRecords(database, sources),
      artifact: await database.rows("select source, state, records from artifact"),
      reject: await database.rows("select record_no from reject order by record_no"),
    };
    for (const table of await evidenceTables(database)) {
      if (table === "artifact" || table === "reject") continue;
      const rows = await database.rows(`from "${table}" order by all`);
      if (rows.length > 0) result[table] = rows;
    }
    await forgetArtifacts(database, [1]);
    return result;
  }
}

/** Cuts, overwrites and inserts: what disks, transfers and attackers do to a file. */
export const mutation = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  kind: fc.constantFrom("cut", "overwrite", "insert", "remove"),
  bytes: fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 6 }),
    fc
      .constantFrom(
        "{",
        "}",
        "[",
        "]",
        '"',
        ",",
        "\\",
        "\n",
        "\0",
        ":",
        "NaN",
        ",}",
        '"\\ud800"',
        "null",
        "9e999",
      )
      .map((text) => Buffer.from(text)),
  ),
});

/** The bytes after mutations, one after the other. */
export function mutated(
  original: Buffer,
  mutations: { at: number; kind: string; bytes: Uint8Array }[],
): Buffer {
  let bytes = original;
  for (const { at, kind, bytes: piece } of mutations) {
    const offset = Math.floor(at * bytes.length);
    const before = bytes.subarray(0, offset);
    if (kind === "cut") bytes = Buffer.from(before);
    else if (kind === "insert") bytes = Buffer.concat([before, piece, bytes.subarray(offset)]);
    else if (kind === "remove") bytes = Buffer.concat([before, bytes.subarray(offset + piece.length)]);
    else bytes = Buffer.concat([before, piece, bytes.subarray(offset + piece.length)]);
  }
  return bytes;
}
