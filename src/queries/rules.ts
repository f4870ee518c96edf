import { type Database, firstLine, readSyntax, type Syntax } from "../database/index.js";
import { columnRules } from "./columns.js";
import { compareTexts } from "./finding.js";
import type { Query } from "./library.js";
import type { CheckProblem } from "./problem.js";
import { visitTree } from "./tree.js";
import type { Vocabulary } from "./vocabulary.js";

/** Whatever depends on the moment, on chance, on the host or on files. */
const BANNED_FUNCTIONS = new Set([
  ...["now", "current_timestamp", "get_current_timestamp", "transaction_timestamp", "current_date", "today"],
  ...[
    "current_time",
    "get_current_time",
    "localtime",
    "localtimestamp",
    "current_localtime",
    "current_localtimestamp",
  ],
  ...["random", "setseed", "uuid", "uuidv4", "uuidv7", "gen_random_uuid"],
  ...["getenv", "getvariable", "current_setting", "current_user", "session_user", "user", "current_database"],
  ...["current_schema", "current_schemas", "current_catalog", "current_connection_id", "current_query_id"],
  ...[
    "current_query",
    "currval",
    "nextval",
    "txid_current",
    "version",
    "pg_backend_pid",
    "query",
    "query_table",
  ],
  ...["glob", "read_text", "read_blob", "read_csv", "read_csv_auto", "read_parquet", "parquet_scan"],
  ...[
    "read_json",
    "read_json_auto",
    "read_json_objects",
    "read_ndjson",
    "read_ndjson_auto",
    "read_ndjson_objects",
  ],
  ...["sniff_csv", "write_log"],
]);

/** Names that DuckDB reads as columns and answers as functions when there is no such column. */
const BANNED_NAMES = new Set([
  ...["current_timestamp", "current_date", "current_time", "localtime", "localtimestamp"],
  ...["current_user", "session_user", "current_catalog", "current_schema", "current_role"],
]);

const TABLE_FUNCTIONS = new Set([
  "unnest",
  "range",
  "generate_series",
  "json_each",
  "json_tree",
  // Our own: answers the questions of a scenario.
  "answer_questions",
  // Our own: finds the chains of steps of a sequence.
  "sequence_records",
  // Our own: groups texts that are worded alike.
  "text_clusters",
  // Our own: what several hunts ask of a table or view that they name.
  "principals_named",
  "addresses_within",
  "calls_at_once",
]);

/** Aggregates whose result follows the order of the rows. */
const ORDERED_AGGREGATES = new Set([
  ...["list", "array_agg", "string_agg", "group_concat", "listagg", "json_group_array", "json_group_object"],
  ...["first", "last", "any_value", "arbitrary"],
]);

/** Calls that make the order of their list meaningless. */
const ORDER_BLIND = new Set([
  ...["list_sort", "array_sort", "list_reverse_sort", "array_reverse_sort", "len", "length", "array_length"],
  ...[
    "list_contains",
    "list_has",
    "array_contains",
    "list_has_any",
    "list_has_all",
    "list_unique",
    "list_max",
  ],
  ...["list_min", "list_sum"],
]);

/** Problems of one query against the contract, from DuckDB's own syntax tree and from an empty database. */
export async function checkQuery(
  database: Database,
  query: Query,
  vocabulary: Vocabulary | undefined,
): Promise<CheckProblem[]> {
  const problems: CheckProblem[] = [];
  const say = (message: string, line?: number) =>
    problems.push({ file: query.file, ...(line === undefined ? {} : { line }), message });
  if (vocabulary !== undefined) frameworkRules(query, vocabulary, say);
  let syntax: Syntax;
  try {
    syntax = await readSyntax(database, query.sql);
  } catch (error) {
    say(`the SQL is not a SELECT that DuckDB can read: ${firstLine(error)}`, query.sqlLine);
    return problems;
  }
  if (syntax.statements !== 1)
    say(`holds ${syntax.statements} statements; a query is exactly one SELECT`, query.sqlLine);
  await tableRules(database, query, syntax, say);
  parameterRules(query, syntax, say);
  if (!syntax.ordered) say("has no ORDER BY; without one the order of rows is chance", query.sqlLine);
  if ((query.kind === "detection" || query.kind === "sequence") && syntax.limited) {
    say(`has a LIMIT; a ${query.kind} returns every finding`, query.sqlLine);
  }
  for (const name of syntax.tableFunctions.filter((name) => !TABLE_FUNCTIONS.has(name))) {
    say(`calls ${name}() as a table; allowed are ${[...TABLE_FUNCTIONS].join(", ")}`, query.sqlLine);
  }
  await treeRules(database, query, vocabulary, say);
  problems.push(...(await columnRules(database, query)));
  problems.push(...(await preconditionRules(database, query)));
  return problems;
}

type Say = (message: string, line?: number) => void;

function frameworkRules(query: Query, vocabulary: Vocabulary, say: Say): void {
  for (const [key, framework] of [
    ["attack", vocabulary.attack],
    ["atlas", vocabulary.atlas],
  ] as const) {
    for (const id of query[key].filter((id) => framework.techniques[id] === undefined)) {
      say(`${key}: ${id} is not in vocabulary/${key}.yaml (release ${framework.version})`);
    }
  }
}

async function tableRules(database: Database, query: Query, syntax: Syntax, say: Say): Promise<void> {
  const declared = new Set(Object.keys(query.requires));
  for (const table of syntax.tables.filter((name) => !declared.has(name))) {
    say(`reads ${table}, which \`requires\` does not name`);
  }
  const read = new Set([
    ...syntax.tables,
    ...(await wordsBehind(database, [...syntax.tables, ...syntax.functions])),
  ]);
  for (const table of [...declared].filter((name) => !read.has(name)).sort(compareTexts)) {
    say(`requires ${table}, which the SQL does not read`);
  }
}

/**
 * Words of the views and macros that a query reads, and of those that these read in turn: tables such as ref_cidr behind
 * ip_class() or s3_access behind v_private_access, which the query itself does not show.
 */
async function wordsBehind(database: Database, names: string[]): Promise<Set<string>> {
  const definitions = await database.rows<{ name: string; definition: string }>(
    `select function_name as name, macro_definition as definition
     from duckdb_functions() where not internal and macro_definition is not null
     union all
     select view_name as name, sql as definition from duckdb_views() where not internal
     order by all`,
  );
  const reached = new Set(names);
  let words = "";
  for (let size = -1; size !== reached.size; ) {
    size = reached.size;
    words = definitions
      .filter(({ name }) => reached.has(name))
      .map(({ definition }) => definition)
      .join("\n");
    for (const { name } of definitions) if (new RegExp(`\\b${name}\\b`).test(words)) reached.add(name);
  }
  return new Set(words.match(/\b[a-z][a-z0-9_]*\b/g) ?? []);
}

function parameterRules(query: Query, syntax: Syntax, say: Say): void {
  const declared = Object.keys(query.parameters);
  for (const name of syntax.parameters.filter((name) => !declared.includes(name))) {
    say(`uses $${name}, which \`parameters\` does not name`, query.sqlLine);
  }
  for (const name of declared.filter((name) => !syntax.parameters.includes(name))) {
    say(`parameter ${name} is not used in the SQL`);
  }
}

async function treeRules(
  database: Database,
  query: Query,
  vocabulary: Vocabulary | undefined,
  say: Say,
): Promise<void> {
  const [row] = await database.rows<{ tree: unknown }>(
    "select json_serialize_sql($sql::varchar)::json as tree",
    {
      sql: query.sql,
    },
  );
  const lineOf = (offset: number | undefined) =>
    offset === undefined ? query.sqlLine : query.sqlLine + lineBreaks(query.sql, offset);
  visitTree(row?.tree, (node, ancestors) => {
    const line = lineOf(node.offset);
    if (node.kind === "sample") say("takes a sample; every row counts", query.sqlLine);
    if (node.kind === "column" && node.qualifier === undefined && BANNED_NAMES.has(node.name)) {
      say(`uses ${node.name}; the same evidence must give the same bytes`, line);
    }
    if (node.kind === "function" && BANNED_FUNCTIONS.has(node.name)) {
      say(
        `calls ${node.name}(); the same evidence must give the same bytes, and no query reads files or settings`,
        line,
      );
    }
    if (node.kind === "function" && ORDERED_AGGREGATES.has(node.name) && !node.ordered) {
      const blind = node.distinct
        ? ancestors.some((name) => ORDER_BLIND.has(name))
        : ancestors.some(isOrderBlind);
      if (!blind)
        say(`calls ${node.name}() without \`order by\` inside; its result would follow chance`, line);
    }
    if (node.kind === "set" && vocabulary !== undefined && vocabulary.namedSets[node.name] === undefined) {
      say(`reads the named set ${node.name}, which vocabulary/named-set.yaml does not have`, line);
    }
  });
}

function isOrderBlind(name: string): boolean {
  return ORDER_BLIND.has(name);
}

async function preconditionRules(database: Database, query: Query): Promise<CheckProblem[]> {
  const problems: CheckProblem[] = [];
  for (const { query: sql } of query.preconditions) {
    const say = (message: string) =>
      problems.push({ file: query.file, message: `precondition \`${sql}\`: ${message}` });
    try {
      const syntax = await readSyntax(database, sql);
      for (const table of syntax.tables.filter((name) => query.requires[name] === undefined)) {
        say(`reads ${table}, which \`requires\` does not name`);
      }
      for (const name of syntax.parameters.filter((name) => query.parameters[name] === undefined)) {
        say(`uses $${name}, which \`parameters\` does not name`);
      }
      const columns = await database.describe(sql);
      const [column] = columns;
      if (columns.length !== 1 || column?.type !== "BOOLEAN") say("must give one column of type BOOLEAN");
    } catch (error) {
      say(`does not run: ${firstLine(error)}`);
    }
  }
  return problems;
}

/** DuckDB counts bytes of UTF-8. */
function lineBreaks(sql: string, byteOffset: number): number {
  return Buffer.from(sql, "utf8").subarray(0, byteOffset).toString("utf8").split("\n").length - 1;
}
