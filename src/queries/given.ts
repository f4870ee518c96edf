import { type Database, firstLine, type Value } from "../database/index.js";
import { type ColumnTypes, insertRows, readColumnTypes } from "./rows.js";

/** A row as a case writes it: columns, plus `repeat` and `every` for many alike. */
type GivenRow = Record<string, Value>;

/** Rows of a case by table. */
export type GivenRows = Record<string, GivenRow[]>;

/** Columns of the tables seen so far; asking DuckDB for them takes longer than most cases. */
export type KnownTables = Map<string, ColumnTypes>;

/** Inserts the rows of a case. Throws a sentence when a table or column is not there. */
export async function insertGiven(
  database: Database,
  given: GivenRows,
  known: KnownTables = new Map(),
): Promise<void> {
  for (const [table, rows] of Object.entries(given)) {
    const types = known.get(table) ?? (await readColumnTypes(database, table));
    known.set(table, types);
    if (types.size === 0)
      throw new Error(`given: there is no table ${table} (rows go into tables, not into views)`);
    const expanded = rows.flatMap((row) => expandRow(row, types, table));
    const provenance = types.has("artifact_id") && types.has("record_no");
    const complete = expanded.map((row, index) => ({
      ...(provenance ? { artifact_id: 1, record_no: index + 1 } : {}),
      ...row,
    }));
    try {
      await insertRows(database, table, types, complete);
    } catch (error) {
      throw new Error(`given: ${table}: ${firstLine(error)}`);
    }
  }
}

/** One row, or `repeat` of them: `{i}` in texts counts from 0, and every time moves on by `every`. */
function expandRow({ repeat, every, ...row }: GivenRow, types: ColumnTypes, table: string): GivenRow[] {
  for (const name of Object.keys(row).filter((name) => !types.has(name))) {
    throw new Error(`given: ${table} has no column ${name}`);
  }
  const count = repeat === undefined ? 1 : Number(repeat);
  if (!Number.isInteger(count) || count < 1)
    throw new Error(`given: ${table}: repeat is ${repeat}, expected 1 or more`);
  const step = every === undefined ? 0 : milliseconds(String(every));
  return Array.from({ length: count }, (_, index) => {
    const entries = Object.entries(row).map(([name, value]) => [
      name,
      columnValue(repeat === undefined ? value : numbered(value, index), types.get(name) ?? "", index * step),
    ]);
    return Object.fromEntries(entries) as GivenRow;
  });
}

const UNITS: Record<string, number> = {
  millisecond: 1,
  second: 1_000,
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
};

/** Length of a time such as `5 seconds` or `1 hour 30 minutes`. */
function milliseconds(text: string): number {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)\s*(millisecond|second|minute|hour|day)s?/g)];
  if (parts.length === 0 || parts.map((part) => part[0]).join(" ") !== text.trim().replace(/\s+/g, " ")) {
    throw new Error(`given: every is "${text}", expected a length such as 5 seconds`);
  }
  return parts.reduce((total, [, count, unit]) => total + Number(count) * (UNITS[unit ?? ""] ?? 0), 0);
}

function numbered(value: Value, index: number): Value {
  if (typeof value === "string") return value.replaceAll("{i}", String(index));
  if (Array.isArray(value)) return value.map((item) => numbered(item, index));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, numbered(item as Value, index)]),
  );
}

function columnValue(value: Value, type: string, shift: number): Value {
  if (value === null) return null;
  if (type.startsWith("TIMESTAMP")) return shift === 0 ? value : shifted(String(value), shift);
  if (type === "JSON")
    return typeof value === "string" && /^\s*[{[]/.test(value) ? (JSON.parse(value) as Value) : value;
  return type === "VARCHAR" && typeof value !== "string" ? JSON.stringify(value) : value;
}

function shifted(text: string, shift: number): string {
  const time = Date.parse(text);
  if (Number.isNaN(time)) throw new Error(`given: ${text} is no time such as 2026-03-11T12:00:00Z`);
  return new Date(time + shift).toISOString();
}
