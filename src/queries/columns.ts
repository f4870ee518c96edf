import { type Column, type Database, firstLine } from "../database/index.js";
import type { Query } from "./library.js";
import type { CheckProblem } from "./problem.js";

const TEXT = /^VARCHAR$/;
const WHOLE = /^(TINY|SMALL|BIG|HUGE|U|UTINY|USMALL|UBIG|UHUGE)?INT(EGER)?$/;
const TIME = /^TIMESTAMP WITH TIME ZONE$/;
const RECORDS = /^STRUCT\("?table"? VARCHAR, "?artifact_id"? BIGINT, "?record_no"? BIGINT\)\[\]$/;

/** Result of a detection: column, type, and whether it must be there. */
const DETECTION_COLUMNS: [name: string, type: RegExp, expected: string, needed: boolean][] = [
  ["entity_type", TEXT, "varchar", true],
  ["entity", TEXT, "varchar", true],
  ["severity", TEXT, "varchar", true],
  ["first_seen", TIME, "timestamptz", true],
  ["last_seen", TIME, "timestamptz", true],
  ["event_count", WHOLE, "bigint", true],
  ["summary", TEXT, "varchar", true],
  ["records", RECORDS, 'struct("table" varchar, artifact_id bigint, record_no bigint)[]', true],
  ["actor", TEXT, "varchar", false],
  ["source_ip", TEXT, "varchar", false],
  ["region", TEXT, "varchar", false],
  ["account_id", TEXT, "varchar", false],
  ["resource", TEXT, "varchar", false],
  ["metrics", /^(VARCHAR|JSON|STRUCT\(.*|MAP\(.*)$/s, "json or struct", false],
  ["score", WHOLE, "bigint", false],
  ["record_total", WHOLE, "bigint", false],
];

/** Result of a sequence: one row per record of a step of a chain. */
const SEQUENCE_COLUMNS = new Map<string, { type: RegExp; expected: string }>([
  ...["entity_type", "entity", "summary", "table"].map(
    (name) => [name, { type: TEXT, expected: "varchar" }] as const,
  ),
  ...["started", "event_time"].map((name) => [name, { type: TIME, expected: "timestamptz" }] as const),
  ...["step_no", "artifact_id", "record_no"].map(
    (name) => [name, { type: WHOLE, expected: "bigint" }] as const,
  ),
]);

const TIMELINE_COLUMNS = [
  ...[
    "event_time",
    "event_end",
    "time_meaning",
    "time_precision",
    "source",
    "account_id",
    "region",
    "principal",
  ],
  ...[
    "credential",
    "source_ip",
    "action",
    "resource",
    "outcome",
    "bytes",
    "summary",
    "artifact_id",
    "record_no",
  ],
];

/** Holds the columns that a query would return against what its kind demands; needs the empty database of a case. */
export async function columnRules(database: Database, query: Query): Promise<CheckProblem[]> {
  const at = { file: query.file, line: query.sqlLine };
  let columns: Column[];
  try {
    columns = await database.describe(query.sql);
  } catch (error) {
    const text = firstLine(error);
    const message = text.startsWith("Unexpected type id")
      ? "DuckDB cannot tell the type of a parameter; cast each one where it stands, such as $window::interval"
      : `DuckDB does not accept the query: ${text}`;
    return [{ ...at, message }];
  }
  const messages = duplicates(columns);
  if (query.kind === "detection") messages.push(...detectionColumns(columns));
  else if (query.kind === "sequence") messages.push(...sequenceColumns(columns));
  else messages.push(...answerColumns(columns, query.kind === "timeline"));
  return messages.map((message) => ({ ...at, message }));
}

function duplicates(columns: Column[]): string[] {
  const names = columns.map((column) => column.name);
  const twice = new Set(names.filter((name, index) => names.indexOf(name) !== index));
  return [...twice].map((name) => `returns two columns called ${name}`);
}

function detectionColumns(columns: Column[]): string[] {
  const messages: string[] = [];
  const types = new Map(columns.map((column) => [column.name, column.type]));
  for (const [name, type, expected, needed] of DETECTION_COLUMNS) {
    const actual = types.get(name);
    if (actual === undefined) {
      if (needed) messages.push(`does not return ${name} (${expected}), which every detection has`);
    } else if (!type.test(actual)) {
      messages.push(`returns ${name} as ${actual.toLowerCase()}, expected ${expected}`);
    }
    types.delete(name);
  }
  for (const name of types.keys()) {
    messages.push(`returns ${name}, which no finding has; put it into metrics`);
  }
  return messages;
}

function sequenceColumns(columns: Column[]): string[] {
  const types = new Map(columns.map((column) => [column.name, column.type]));
  return [...SEQUENCE_COLUMNS].flatMap(([name, { type, expected }]) => {
    const actual = types.get(name);
    if (actual === undefined) return [`does not return ${name} (${expected}), which every sequence has`];
    return type.test(actual) ? [] : [`returns ${name} as ${actual.toLowerCase()}, expected ${expected}`];
  });
}

function answerColumns(columns: Column[], isTimeline: boolean): string[] {
  const names = new Set(columns.map((column) => column.name));
  if (isTimeline) {
    const missing = TIMELINE_COLUMNS.filter((name) => !names.has(name));
    return missing.length === 0 ? [] : [`does not return ${missing.join(", ")}, which every timeline has`];
  }
  const has = (...wanted: string[]) => wanted.every((name) => names.has(name));
  if (has("artifact_id", "record_no") || has("records") || has("first_seen", "last_seen", "event_count"))
    return [];
  return [
    "returns neither artifact_id and record_no, nor records, nor first_seen, last_seen and event_count; its rows lead back to nothing",
  ];
}
