import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Database } from "./database.js";

/** The folders of `sql/` that make an empty database of a case, in the order in which they build on each other. */
const LAYERS = ["schema", "macros", "views"] as const;

/**
 * Creates every table that is not there yet and brings macros and views to their present text. Files run in the order of
 * their names; a database that has them all already is left alone.
 */
export async function applySchema(database: Database, sqlFolder: string): Promise<void> {
  const { texts, fingerprint } = await readLayers(sqlFolder);
  if ((await fingerprintIn(database)) === fingerprint) return;
  // One commit for hundreds of statements: each would wait for the disk.
  await database.transaction(async () => {
    for (const text of texts) await database.run(text);
    await database.run("insert or replace into knowledge values ('schema', $fingerprint)", { fingerprint });
  });
}

/** True when `applySchema` would have nothing to do. */
export async function isSchemaCurrent(database: Database, sqlFolder: string): Promise<boolean> {
  return (await fingerprintIn(database)) === (await readLayers(sqlFolder)).fingerprint;
}

async function fingerprintIn(database: Database): Promise<string | null> {
  const tables = await database.rows("select 1 from duckdb_tables() where table_name = 'knowledge'");
  if (tables.length === 0) return null;
  const [row] = await database.rows<{ fingerprint: string }>(
    "select fingerprint from knowledge where name = 'schema'",
  );
  return row?.fingerprint ?? null;
}

async function readLayers(sqlFolder: string): Promise<{ texts: string[]; fingerprint: string }> {
  const files = (await Promise.all(LAYERS.map((layer) => sqlFiles(join(sqlFolder, layer))))).flat();
  const texts = await Promise.all(files.map((file) => readFile(file, "utf8")));
  const hash = createHash("sha256");
  for (const text of texts) hash.update(`${text.length}\n${text}`);
  return { texts, fingerprint: hash.digest("hex") };
}

/** Absolute paths of the `.sql` files of a folder, in the order of their names. */
export async function sqlFiles(folder: string): Promise<string[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".sql")).sort();
  return names.map((name) => join(folder, name));
}
