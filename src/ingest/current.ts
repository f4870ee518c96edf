import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { applySchema, Database, type IngestPolicy, sqlFiles } from "../database/index.js";

/** The database of a case that is open for loading. */
export interface Current {
  database: Database;
  /** It was made anew because schema or sources have another version. */
  rebuilt: boolean;
  /** It has no tables before `prepare`. */
  isNew: boolean;
  /** Brings tables, macros and views to their present text. */
  prepare: () => Promise<void>;
}

/** Opens the database of a case, making it anew when it belongs to another version of schema or sources. */
export async function openCurrent(path: string, policy: IngestPolicy, sqlFolder: string): Promise<Current> {
  const fingerprint = await fingerprintOf(sqlFolder);
  let rebuilt = false;
  // Whoever deletes the database leaves the log of an interrupted run behind, which belongs to nothing then.
  if (!existsSync(path)) await rm(`${path}.wal`, { force: true });
  for (;;) {
    const database = await Database.openForIngest(path, policy);
    const made = await fingerprintIn(database);
    if (made === undefined || made === fingerprint) {
      const prepare = async (): Promise<void> => {
        await applySchema(database, sqlFolder);
        await database.run("insert or replace into knowledge values ('sources', $fingerprint)", {
          fingerprint,
        });
      };
      return { database, rebuilt, isNew: made === undefined, prepare };
    }
    database.close();
    await rm(path, { force: true });
    await rm(`${path}.wal`, { force: true });
    rebuilt = true;
  }
}

/** True when the rows of the database are what the present schema and sources would make of the evidence. */
export async function isDatabaseCurrent(database: Database, sqlFolder: string): Promise<boolean> {
  return (await fingerprintIn(database)) === (await fingerprintOf(sqlFolder));
}

/** Undefined for a new database; empty for one that was never finished. */
async function fingerprintIn(database: Database): Promise<string | undefined> {
  const tables = await database.rows("select 1 from duckdb_tables() where table_name = 'knowledge'");
  if (tables.length === 0) return undefined;
  const [row] = await database.rows<{ fingerprint: string }>(
    "select fingerprint from knowledge where name = 'sources'",
  );
  return row?.fingerprint ?? "";
}

/** One hash over everything that decides what a row looks like. */
async function fingerprintOf(sqlFolder: string): Promise<string> {
  const hash = createHash("sha256");
  for (const layer of ["schema", "macros", "sources", "derived"]) {
    for (const file of await sqlFiles(join(sqlFolder, layer))) hash.update(await readFile(file));
  }
  return hash.digest("hex");
}
