import { createHash } from "node:crypto";
import {
  type Column,
  type Database,
  firstLine,
  type Parameters,
  type Result,
  type Row,
  type Value,
} from "../database/index.js";
import { ColdtrailError, EXIT } from "../errors.js";
import { type AllowRule, readAllowRules, suppressedBy } from "./allow.js";
import {
  BASE_SCORE,
  compareFindings,
  compareSeverity,
  type DetectionResult,
  type Finding,
  isSeverity,
  RECORDS_LISTED,
  type RecordReference,
  type Severity,
} from "./finding.js";
import type { Element } from "./header.js";
import { findQuery, type Query } from "./library.js";
import {
  type CasePeriod,
  canonicalJson,
  type GivenParameters,
  parametersOf,
  type ResolvedParameters,
  readCasePeriod,
  resolveParameters,
  unusedParameters,
} from "./parameters.js";
import { type Evaluability, type FilledTables, readEvaluability } from "./requirement.js";
import { wildcard } from "./wildcard.js";

/** Which detections to run. Deprecated ones run only when named. */
export interface DetectionSelection {
  /** Ids, or patterns in which `*` stands for any text. */
  only?: readonly string[] | undefined;
  element?: Element | undefined;
  /** Lowest default severity. */
  severity?: Severity | undefined;
}

export interface DetectionOptions extends DetectionSelection {
  /** Given values; a key `<id>.<name>` is for one detection alone. */
  parameters?: GivenParameters | undefined;
  /** From `runIdOf`. */
  runId: string;
  /** Aborting stops the running query and makes the run throw `interrupted`. */
  signal?: AbortSignal | undefined;
  /** Detections that run at a time; one by default. */
  concurrency?: number | undefined;
  /** Told after each detection. */
  progress?: ((done: number, total: number, id: string) => void) | undefined;
}

/** Answer of a hunt, timeline or scenario. */
export interface QueryAnswer {
  columns: Column[];
  rows: Row[];
  /** Says what the rows cannot show because evidence or reference data is missing. */
  evaluability: Evaluability;
  provenance: { id: string; version: string; sha256: string; parameters: Record<string, Value> };
}

/** The detections that a selection names, by id; throws `query-unknown` for an id that is none. */
export function selectDetections(queries: readonly Query[], selection: DetectionSelection): Query[] {
  const detections = queries.filter((query) => query.kind === "detection");
  let chosen = detections.filter((query) => query.status !== "deprecated");
  if (selection.only !== undefined && selection.only.length > 0) {
    const ids = new Set(selection.only.flatMap((pattern) => expand(pattern, queries, detections)));
    chosen = detections.filter((query) => ids.has(query.id));
  }
  const { element, severity } = selection;
  return chosen.filter(
    (query) =>
      (element === undefined || query.element === element) &&
      (severity === undefined || compareSeverity(severityOf(query), severity) >= 0),
  );
}

/**
 * Runs detections; a query that fails becomes `not_evaluable` with `failed` set and never stops the others. The results are in
 * the order of the selection, whatever runs at a time.
 */
export async function runDetections(
  database: Database,
  queries: readonly Query[],
  options: DetectionOptions,
): Promise<DetectionResult[]> {
  const detections = selectDetections(queries, options);
  const given = options.parameters ?? {};
  const [unused] = unusedParameters(detections, given);
  if (unused !== undefined) {
    throw new ColdtrailError("parameter-invalid", `none of the chosen detections has a parameter ${unused}`);
  }
  const period = await readCasePeriod(database);
  const resolved = detections.map((query) => resolveParameters(query, parametersOf(query, given), period));
  const rules = await readAllowRules(database);
  const filled: FilledTables = new Map();
  const results: DetectionResult[] = [];
  const run = async (connection: Database, index: number): Promise<void> => {
    const [query, parameters] = [detections[index] as Query, resolved[index] as ResolvedParameters];
    results[index] = await runDetection(connection, query, parameters, options.runId, rules, filled);
    throwIfAborted(options.signal);
  };
  const connections = [database];
  while (connections.length < Math.min(options.concurrency ?? 1, detections.length))
    connections.push(await database.connect());
  const interrupt = () => {
    for (const connection of connections) connection.interrupt();
  };
  options.signal?.addEventListener("abort", interrupt);
  try {
    let [next, done] = [0, 0];
    const ended = await Promise.allSettled(
      connections.map(async (connection) => {
        while (next < detections.length) {
          throwIfAborted(options.signal);
          const index = next++;
          await run(connection, index);
          options.progress?.(++done, detections.length, (detections[index] as Query).id);
        }
      }),
    );
    // Nothing runs any more when this throws.
    for (const end of ended) if (end.status === "rejected") throw end.reason;
    // One that only lacked the memory that its neighbour had gets all of it.
    if (connections.length > 1)
      for (const [index, { failed }] of results.entries()) if (failed) await run(database, index);
  } finally {
    options.signal?.removeEventListener("abort", interrupt);
  }
  for (const [index, finding] of results
    .flatMap((result) => result.findings)
    .sort(compareFindings)
    .entries()) {
    finding.finding_no = index + 1;
  }
  return results;
}

/** Runs a hunt, timeline or scenario and returns all of its rows in its own order. */
export async function runQuery(
  database: Database,
  query: Query,
  given: GivenParameters = {},
  period?: CasePeriod,
): Promise<QueryAnswer> {
  const { bound, values } = resolveParameters(query, given, period ?? (await readCasePeriod(database)));
  const { id, version, sha256 } = query;
  try {
    const evaluability = await readEvaluability(database, query, bound);
    const { columns, rows } = await database.query(query.sql, bound);
    return { columns, rows, evaluability, provenance: { id, version, sha256, parameters: values } };
  } catch (error) {
    return fail(id, error);
  }
}

/** Answer of a query whose rows have not been read yet. */
export interface StreamedAnswer extends Omit<QueryAnswer, "columns" | "rows"> {
  /** The SELECT with the values that are bound to it. */
  select: { sql: string; parameters: Parameters };
  /** Rows in batches, with their columns; reads them when it is iterated, once. */
  batches: () => AsyncGenerator<Result>;
}

/** Like `runQuery`, for answers that need not fit into memory. */
export async function streamQuery(
  database: Database,
  query: Query,
  given: GivenParameters = {},
): Promise<StreamedAnswer> {
  const { id, version, sha256, sql } = query;
  const { bound, values } = resolveParameters(query, given, await readCasePeriod(database));
  const evaluability = await readEvaluability(database, query, bound).catch((error) => fail(id, error));
  return {
    evaluability,
    provenance: { id, version, sha256, parameters: values },
    select: { sql, parameters: bound },
    batches: async function* () {
      try {
        yield* database.batches(sql, bound);
      } catch (error) {
        fail(id, error);
      }
    },
  };
}

function fail(id: string, error: unknown): never {
  throw new ColdtrailError("query-failed", `${id}: query failed: ${firstLine(error)}`, EXIT.queryCheckFailed);
}

/** What makes two runs the same run. */
export interface RunIdentity {
  queries: readonly Query[];
  parameters?: GivenParameters | undefined;
  /** Any text that changes when the evidence or the reference data does. */
  evidence: string;
}

/** Names a run by what went into it: the same queries, parameters and evidence give the same 16 hex digits. */
export function runIdOf({ queries, parameters, evidence }: RunIdentity): string {
  const identity = canonicalJson({
    queries: queries.map(({ id, version, sha256 }) => `${id} ${version} ${sha256}`).sort(),
    parameters: parameters ?? {},
    evidence,
  });
  return createHash("sha256").update(identity).digest("hex").slice(0, 16);
}

async function runDetection(
  database: Database,
  query: Query,
  parameters: ResolvedParameters,
  runId: string,
  rules: readonly AllowRule[],
  filled: FilledTables,
): Promise<DetectionResult> {
  const { id, version, sha256, title } = query;
  const result: DetectionResult = {
    runId,
    id,
    version,
    sha256,
    title,
    severity: severityOf(query),
    element: query.element ?? "",
    status: "not_evaluable",
    reason: null,
    failed: false,
    parameters: parameters.values,
    findings: [],
    suppressed: 0,
  };
  try {
    const { status, reason } = await readEvaluability(database, query, parameters.bound, filled);
    result.reason = reason;
    if (status === "not_evaluable") return result;
    const rows = await database.rows(limited(query.sql), parameters.bound);
    result.findings = rows.map((row) => toFinding(row, query, parameters, runId));
    for (const finding of result.findings) finding.suppressed_by = suppressedBy(finding, rules);
    result.findings.sort(compareFindings);
    result.suppressed = result.findings.filter((finding) => finding.suppressed_by !== null).length;
    result.status = rows.length > 0 ? "fired" : status === "partial" ? "partial" : "not_fired";
    return result;
  } catch (error) {
    return {
      ...result,
      status: "not_evaluable",
      reason: `query failed: ${firstLine(error)}`,
      failed: true,
      findings: [],
    };
  }
}

/** The list of records is cut inside DuckDB: one finding may rest on millions. */
function limited(sql: string): string {
  return `select
    * replace (list_slice(records, 1, ${RECORDS_LISTED}) as records),
    coalesce(len(records), 0) as coldtrail_records_listed
from (
${sql}
) as detection`;
}

function toFinding(row: Row, query: Query, parameters: ResolvedParameters, runId: string): Finding {
  const severity = row.severity ?? query.severity;
  if (!isSeverity(severity)) throw new Error(`a row has the severity ${JSON.stringify(severity)}`);
  const text = (name: string) => (row[name] === null || row[name] === undefined ? null : String(row[name]));
  const listed = Number(row.coldtrail_records_listed ?? 0);
  return {
    run_id: runId,
    finding_no: 0,
    detection_id: query.id,
    version: query.version,
    sha256: query.sha256,
    parameters: parameters.values,
    severity,
    score: Number(row.score ?? BASE_SCORE[severity]),
    title: query.title,
    element: query.element ?? "",
    attack: query.attack,
    atlas: query.atlas,
    entity_type: text("entity_type"),
    entity: text("entity"),
    actor: text("actor"),
    source_ip: text("source_ip"),
    region: text("region"),
    account_id: text("account_id"),
    resource: text("resource"),
    first_seen: text("first_seen"),
    last_seen: text("last_seen"),
    event_count: Number(row.event_count ?? 0),
    metrics: parsedMetrics(row.metrics),
    // Where a record lacks what the sentence is made of, the title stands for it.
    summary: text("summary") ?? query.title,
    records: (row.records ?? []) as unknown as RecordReference[],
    record_total: Math.max(Number(row.record_total ?? 0), listed),
    suppressed_by: null,
  };
}

/** `to_json` and `json_object` give JSON, a cast in the query plain text; both mean the object. */
function parsedMetrics(metrics: Value | undefined): Value {
  if (typeof metrics !== "string" || !/^\s*[{[]/.test(metrics)) return metrics ?? null;
  try {
    return JSON.parse(metrics) as Value;
  } catch {
    return metrics;
  }
}

function severityOf(query: Query): Severity {
  return query.severity ?? "info";
}

function expand(pattern: string, queries: readonly Query[], detections: readonly Query[]): string[] {
  if (!pattern.includes("*")) return [findQuery(queries, pattern, "detection").id];
  const expression = wildcard(pattern);
  const matching = detections.filter((query) => expression.test(query.id));
  if (matching.length > 0) return matching.map((query) => query.id);
  throw new ColdtrailError("query-unknown", `${pattern}: no detection has an id like that`);
}

function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new ColdtrailError("interrupted", "interrupted", EXIT.interrupted);
}
