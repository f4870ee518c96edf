import { type Database, quoteIdentifier, quoteLiteral, type Value } from "../database/index.js";

/** Names of the columns of a table and their types, in the order of the table; empty when there is no such table. */
export type ColumnTypes = Map<string, string>;

/** Reads the columns of a table; a view has none here. */
export async function readColumnTypes(database: Database, table: string): Promise<ColumnTypes> {
  const rows = await database.rows<{ column_name: string; data_type: string }>(
    `select column_name, data_type from duckdb_columns()
     where table_name = $table and schema_name = 'main' and not internal
       and exists (from duckdb_tables() as t where t.table_name = $table)
     order by column_index`,
    { table },
  );
  return new Map(rows.map((row) => [row.column_name, row.data_type]));
}

/** Inserts rows in one statement; columns left out become null. Throws DuckDB's message when a value is not of its column's type. */
export async function insertRows(
  database: Database,
  table: string,
  types: ColumnTypes,
  rows: readonly Record<string, Value>[],
): Promise<void> {
  if (rows.length === 0) return;
  const names = [...types.keys()];
  const complete = rows.map((row) => Object.fromEntries(names.map((name) => [name, row[name] ?? null])));
  const structure = JSON.stringify([Object.fromEntries(types)]);
  await database.run(
    `insert into ${quoteIdentifier(table)} by name
     select unnest(from_json_strict($rows::json, ${quoteLiteral(structure)}), max_depth := 2)`,
    { rows: JSON.stringify(complete) },
  );
}
