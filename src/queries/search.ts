import { createHash } from "node:crypto";
import { type Database, quoteIdentifier, quoteLiteral } from "../database/index.js";
import { ColdtrailError } from "../errors.js";
import { nearest, type Query } from "./library.js";

/** What to look for in every source. */
export interface SearchTerm {
  /** A text, or with `isRegex` a regular expression of RE2. Without regard to case, both. */
  text: string;
  isRegex?: boolean | undefined;
  /** Look in this field alone: a column, or a path into one of JSON such as `request_parameters.modelId`. */
  field?: string | undefined;
  /** Look in this table alone. */
  source?: string | undefined;
}

/** Columns of a search: time, table, the fields that match, the surroundings of the first match, and the record. */
const COLUMNS = "event_time, source, fields, excerpt, artifact_id, record_no";

/** Characters that an excerpt shows before a match, and in all. */
const BEFORE = 60;
const LENGTH = 200;

/** `field:value` as a term, when the database has such a field; any other text is a word. */
export async function readTerm(
  database: Database,
  text: string,
  options: Omit<SearchTerm, "text" | "field"> = {},
): Promise<SearchTerm> {
  const [, field, value] = /^([a-z][a-z0-9_]*(?:\.[A-Za-z0-9_-]+)*):(.+)$/s.exec(text) ?? [];
  if (field === undefined || value === undefined) return { text, ...options };
  const known = new Set((await searchedColumns(database)).map(({ column_name }) => column_name));
  return known.has(field.split(".", 1)[0] as string)
    ? { text: value, field, ...options }
    : { text, ...options };
}

/**
 * The search as one query over all tables of evidence. A field must equal the text (or match the regular expression); without a field
 * the text can stand anywhere in any column. Names come from the catalogue of the database, values are bound.
 */
export async function searchQuery(database: Database, term: SearchTerm): Promise<Query> {
  const columns = await searchedColumns(database);
  const tables = [...new Set(columns.map(({ table_name }) => table_name))];
  if (term.source !== undefined && !tables.includes(term.source)) {
    const near = nearest(term.source, tables);
    const hint = near === undefined ? `; there are ${tables.join(", ")}` : `; did you mean ${near}?`;
    throw new ColdtrailError("usage", `--source ${term.source}: there is no such table of evidence${hint}`);
  }
  const [root, ...path] = term.field?.split(".") ?? [];
  const selects = tables.flatMap((table) => {
    if (term.source !== undefined && term.source !== table) return [];
    const own = columns.filter(({ table_name }) => table_name === table);
    const times = own.map(({ column_name }) => column_name).filter((name) => TIMES.includes(name));
    const time = TIMES.find((name) => times.includes(name));
    const looked = own.filter(({ column_name }) => root === undefined || column_name === root);
    if (looked.length === 0) return [];
    return [
      selectOf(
        table,
        looked.map((column) => expressionOf(column, path)),
        time,
        term,
      ),
    ];
  });
  const sql = `${selects.join("\nunion all\n")}\norder by event_time, source, artifact_id, record_no`;
  const sha256 = createHash("sha256").update(sql).digest("hex");
  return {
    ...{ id: "search", version: "1.0.0", title: "Search", kind: "hunt", status: "stable", sql, sqlLine: 1 },
    ...{ severity: undefined, element: undefined, attack: [], atlas: [], description: "Finds a text." },
    ...{ requires: {}, preconditions: [], steps: [], scenarios: [], falsePositives: [], references: [] },
    parameters: { text: { type: "text", required: true, description: "what is searched" } },
    ...{ changelog: {}, text: sql, sha256, file: "search" },
  };
}

/** What a search looked at, so that no match means something: tables and their rows. */
export async function searchedRows(
  database: Database,
  { source }: SearchTerm,
): Promise<{ tables: number; rows: number }> {
  const names = [...new Set((await searchedColumns(database)).map(({ table_name }) => table_name))];
  const counts = names
    .filter((name) => source === undefined || source === name)
    .map((name) => `select count(*) as n from ${quoteIdentifier(name)}`);
  const [sum] = await database.rows<{ tables: number; rows: number }>(
    `select count(*) filter (n > 0) as tables, coalesce(sum(n), 0)::bigint as "rows" from (${counts.join(" union all ")})`,
  );
  return sum ?? { tables: 0, rows: 0 };
}

/** Columns that can be the time of a row, best first. */
const TIMES = [
  "event_time",
  "start_time",
  "first_seen",
  "configuration_item_capture_time",
  "last_modified",
  "collected_at",
];

interface SearchedColumn {
  table_name: string;
  column_name: string;
  data_type: string;
}

async function searchedColumns(database: Database): Promise<SearchedColumn[]> {
  return database.rows<SearchedColumn>(
    `select table_name, column_name, data_type
     from duckdb_columns()
     where schema_name = 'main' and not internal
       and table_name in (
           select table_name from duckdb_columns() where column_name = 'record_no' and schema_name = 'main'
           intersect
           select table_name from duckdb_tables() where schema_name = 'main'
       )
       and table_name not in ('duplicate', 'skip', 'reject', 'record_count', 'bedrock_body')
       and column_name not in ('artifact_id', 'record_no', 'flags')
     order by table_name, column_index`,
  );
}

interface Expression {
  name: string;
  sql: string;
}

function expressionOf({ column_name: name, data_type: type }: SearchedColumn, path: string[]): Expression {
  const column = quoteIdentifier(name);
  if (path.length > 0) {
    const place = path.map((part) => `."${part}"`).join("");
    return {
      name: [name, ...path].join("."),
      sql: `(try_cast(${column} as json) ->> ${quoteLiteral(`$${place}`)})`,
    };
  }
  return { name, sql: type === "VARCHAR" ? column : `${column}::varchar` };
}

function selectOf(
  table: string,
  expressions: Expression[],
  time: string | undefined,
  { isRegex, field }: SearchTerm,
): string {
  const matches = (sql: string): string => {
    if (isRegex === true) return `regexp_matches(${sql}, '(?i)' || $text::varchar)`;
    return field === undefined
      ? `contains(lower(${sql}), lower($text::varchar))`
      : `lower(${sql}) = lower($text::varchar)`;
  };
  const place = (sql: string): string =>
    isRegex === true
      ? `strpos(${sql}, regexp_extract(${sql}, '(?i)' || $text::varchar))`
      : `strpos(lower(${sql}), lower($text::varchar))`;
  const fields = expressions.map(
    ({ name, sql }) => `case when ${matches(sql)} then ${quoteLiteral(name)} end`,
  );
  const excerpts = expressions.map(
    ({ sql }) =>
      `case when ${matches(sql)} then substr(${sql}, greatest(${place(sql)} - ${BEFORE}, 1), ${LENGTH}) end`,
  );
  return `select ${COLUMNS} from (
select ${time === undefined ? "null::timestamptz" : quoteIdentifier(time)} as event_time, '${table}' as source,
list_filter([${fields.join(", ")}], lambda name : name is not null) as fields,
coalesce(${excerpts.join(", ")}) as excerpt, artifact_id, record_no
from ${quoteIdentifier(table)}
where ${expressions.map(({ sql }) => matches(sql)).join("\n or ")})`;
}
