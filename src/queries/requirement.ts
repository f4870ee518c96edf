import { type Database, type Parameters, quoteIdentifier, readSyntax } from "../database/index.js";
import type { Query } from "./library.js";

/** What the evidence at hand allows a query to say. */
export interface Evaluability {
  status: "complete" | "partial" | "not_evaluable";
  /** What is missing, in one line; null when nothing is. */
  reason: string | null;
}

/** Remembers which tables hold rows, so that many queries over one database ask once. */
export type FilledTables = Map<string, boolean>;

/** Asks whether the tables of a query hold rows and whether its preconditions are met. Throws what DuckDB throws. */
export async function readEvaluability(
  database: Database,
  query: Query,
  bound: Parameters,
  filled: FilledTables = new Map(),
): Promise<Evaluability> {
  const blocking: string[] = [];
  const limiting: string[] = [];
  for (const [table, need] of Object.entries(query.requires)) {
    if (need === "optional" || (await isFilled(database, table, filled))) continue;
    (need === "needed" ? blocking : limiting).push(emptyTable(table));
  }
  for (const { query: sql, otherwise, reason } of query.preconditions) {
    if (await isMet(database, sql, bound)) continue;
    (otherwise === "not_evaluable" ? blocking : limiting).push(reason);
  }
  if (blocking.length > 0) return { status: "not_evaluable", reason: blocking.join("; ") };
  if (limiting.length > 0) return { status: "partial", reason: limiting.join("; ") };
  return { status: "complete", reason: null };
}

/** The sentence for an empty table; for what the analyst fills in, it names the file. */
function emptyTable(table: string): string {
  if (table === "ref_case") return "ref_case is empty; set the period of interest in case.yaml";
  const reference = /^ref_(.+)$/.exec(table);
  if (reference !== null) return `${table} is empty; fill reference/${reference[1]}.csv`;
  return `${table} is empty`;
}

async function isFilled(database: Database, table: string, filled: FilledTables): Promise<boolean> {
  const known = filled.get(table);
  if (known !== undefined) return known;
  const rows = await database.rows(`select 1 as one from ${quoteIdentifier(table)} limit 1`);
  filled.set(table, rows.length > 0);
  return rows.length > 0;
}

async function isMet(database: Database, sql: string, bound: Parameters): Promise<boolean> {
  const { parameters } = await readSyntax(database, sql);
  const own = Object.fromEntries(parameters.map((name) => [name, bound[name] ?? null]));
  const { columns, rows } = await database.query(sql, own);
  const [column] = columns;
  if (column === undefined || columns.length !== 1 || rows.length !== 1) {
    throw new Error(`a precondition must give one row with one true or false: ${sql}`);
  }
  return rows[0]?.[column.name] === true;
}
