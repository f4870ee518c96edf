import { createHash } from "node:crypto";
import { type Database, quoteIdentifier } from "../database/index.js";
import { ColdtrailError } from "../errors.js";
import type { Query } from "./library.js";

/** A query that is made on the spot and stands in no file; its version is that of this program, its hash that of the SQL. */
export function madeQuery({
  id,
  title,
  description,
  sql,
  parameters = {},
}: Pick<Query, "id" | "title" | "description" | "sql"> & Partial<Pick<Query, "parameters">>): Query {
  const sha256 = createHash("sha256").update(sql).digest("hex");
  return {
    ...{ id, version: "1.0.0", title, kind: "hunt", status: "stable", sql, sqlLine: 1 },
    ...{ severity: undefined, element: undefined, attack: [], atlas: [], description, parameters },
    ...{ requires: {}, preconditions: [], steps: [], scenarios: [], falsePositives: [], references: [] },
    ...{ changelog: {}, text: sql, sha256, file: id },
  };
}

/**
 * All rows of one table or view of a case, by artifact and record. Throws `usage` with the names there are when it is none of
 * them.
 */
export async function planExport(database: Database, table: string): Promise<Query> {
  const columns = await database.rows<{ table_name: string; column_name: string }>(
    "select table_name, column_name from duckdb_columns() where schema_name = 'main' and not internal order by all",
  );
  const own = columns.filter(({ table_name: name }) => name === table).map(({ column_name: name }) => name);
  if (own.length === 0) {
    const names = [...new Set(columns.map(({ table_name: name }) => name))];
    throw new ColdtrailError("usage", `there is no table ${table}; there are ${names.join(", ")}`);
  }
  const first = ["artifact_id", "record_no"].filter((name) => own.includes(name));
  const order = first.length === 0 ? "all" : first.join(", ");
  const sql = `select * from ${quoteIdentifier(table)} order by ${order}`;
  return madeQuery({ id: "export", title: table, description: `Finds the rows of ${table}.`, sql });
}
