import { type Database, quoteIdentifier, quoteLiteral } from "../database/index.js";
import { ColdtrailError } from "../errors.js";
import { nearest, type Query } from "./library.js";
import { madeQuery } from "./made.js";

/** What to look for in every source. */
interface SearchTerm {
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

/** A search, ready to be asked. */
export interface Search {
  query: Query;
  /** What its parameter `$text` is. */
  text: string;
  /** The field that is looked at alone, where the text named one. */
  field: string | undefined;
  /** Tables that it looks at. */
  tables: string[];
}

/**
 * Makes a text a query over all tables of evidence. `field:value` looks at one field, when the database has it, which must equal the
 * value (or match the regular expression); any other text can stand anywhere in any column. Names come from the catalogue of the
 * database, values are bound. Rejects with `usage` for a table that is none, or has no such field.
 */
export async function planSearch(
  database: Database,
  text: string,
  options: Omit<SearchTerm, "text" | "field"> = {},
): Promise<Search> {
  const columns = await searchedColumns(database);
  const term = readTerm(columns, text, options);
  const all = [...new Set(columns.map(({ table_name }) => table_name))];
  if (term.source !== undefined && !all.includes(term.source)) {
    const near = nearest(term.source, all);
    const hint = near === undefined ? `; there are ${all.join(", ")}` : `; did you mean ${near}?`;
    throw new ColdtrailError("usage", `--source ${term.source}: there is no such table of evidence${hint}`);
  }
  const [root, ...path] = term.field?.split(".") ?? [];
  const named = columns.filter(
    ({ table_name, column_name }) =>
      (term.source ?? table_name) === table_name && (root ?? column_name) === column_name,
  );
  const tables = [...new Set(named.map(({ table_name }) => table_name))];
  if (tables.length === 0)
    throw new ColdtrailError("usage", `--source ${term.source}: this table has no field ${term.field}`);
  const isPlain = term.field === undefined && term.isRegex !== true;
  const able = isPlain ? named.filter(({ data_type }) => canHold(data_type, term.text)) : named;
  const looked = able.length > 0 ? able : named;
  const selects = [...new Set(looked.map(({ table_name }) => table_name))].map((table) => {
    const times = columns
      .filter(({ table_name }) => table_name === table)
      .map(({ column_name }) => column_name);
    const time = TIMES.find((name) => times.includes(name));
    const own = looked.filter(({ table_name }) => table_name === table);
    return selectOf(
      table,
      own.map((column) => expressionOf(column, path)),
      time,
      term,
    );
  });
  const sql = `${selects.join("\nunion all\n")}\norder by event_time, source, artifact_id, record_no, fields, excerpt`;
  const query = madeQuery({
    ...{ id: "search", title: "Search", description: "Finds a text.", sql },
    parameters: { text: { type: "text", required: true, description: "what is searched" } },
  });
  return { query, text: term.text, field: term.field, tables };
}

/** How many of some tables have rows, and how many, so that finding nothing in them means something. */
export async function countRows(
  database: Database,
  tables: readonly string[],
): Promise<{ tables: number; rows: number }> {
  const counts = tables.map((name) => `select count(*) as n from ${quoteIdentifier(name)}`);
  const [sum] = await database.rows<{ tables: number; rows: number }>(
    `select count(*) filter (n > 0) as tables, coalesce(sum(n), 0)::bigint as "rows" from (${counts.join(" union all ")})`,
  );
  return sum ?? { tables: 0, rows: 0 };
}

function readTerm(
  columns: SearchedColumn[],
  text: string,
  options: Omit<SearchTerm, "text" | "field">,
): SearchTerm {
  const [, field, value] = /^([a-z][a-z0-9_]*(?:\.[A-Za-z0-9_-]+)*):(.+)$/s.exec(text) ?? [];
  const root = field?.split(".", 1)[0];
  return value !== undefined && columns.some(({ column_name }) => column_name === root)
    ? { text: value, field, ...options }
    : { text, ...options };
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

/** Characters of which the text of a number, a time or a truth value consists, in lower case. */
const CHARACTERS: Record<string, RegExp> = {
  BOOLEAN: /^[truefals]+$/,
  BIGINT: /^[-0-9]+$/,
  INTEGER: /^[-0-9]+$/,
  DOUBLE: /^[-+.0-9einfaty]+$/,
  DATE: /^[-0-9 infty(bc)]+$/,
  "TIMESTAMP WITH TIME ZONE": /^[-+:. 0-9infty(bc)]+$/,
};

/** Whether a column of this type can hold the text at all: most columns are numbers and times, and making texts of them is dear. */
function canHold(type: string, text: string): boolean {
  return CHARACTERS[type]?.test(text.toLowerCase()) ?? true;
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
select ${time === undefined ? "null::timestamptz" : quoteIdentifier(time)} as event_time, ${quoteLiteral(table)} as source,
list_filter([${fields.join(", ")}], lambda name : name is not null) as fields,
coalesce(${excerpts.join(", ")}) as excerpt, artifact_id, record_no
from ${quoteIdentifier(table)}
where ${expressions.map(({ sql }) => matches(sql)).join("\n or ")})`;
}
