import { type Database, quoteIdentifier } from "../database/index.js";

/** Removes every trace of artifacts from the evidence tables. */
export async function forgetArtifacts(database: Database, artifactIds: number[]): Promise<void> {
  if (artifactIds.length === 0) return;
  const list = artifactIds.join(", ");
  for (const table of await evidenceTables(database)) {
    await database.run(`delete from ${quoteIdentifier(table)} where artifact_id in (${list})`);
  }
}

/** Tables whose rows belong to an artifact, the `artifact` table among them. */
export async function evidenceTables(database: Database): Promise<string[]> {
  const rows = await database.rows<{ name: string }>(
    `select table_name as name
     from duckdb_columns()
     where column_name = 'artifact_id' and not internal and database_name = current_database() and not starts_with(table_name, 'v_')
     order by name`,
  );
  return rows.map((row) => row.name);
}
