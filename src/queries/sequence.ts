import { type Database, firstLine, type Value } from "../database/index.js";
import { ColdtrailError } from "../errors.js";
import { compareTimes, type DetectionStatus, type RecordReference } from "./finding.js";
import { findQuery, type Query } from "./library.js";
import {
  type GivenParameters,
  parametersOf,
  type ResolvedParameters,
  readCasePeriod,
  resolveParameters,
  unusedParameters,
} from "./parameters.js";
import { type FilledTables, readEvaluability } from "./requirement.js";

/** A step lists this many records at most; `event_count` says how many there are. */
const STEP_RECORDS = 50;

/** One step of a chain. A step that was not seen has no times, a count of 0 and no records. */
export interface SequenceStep {
  /** Place in the sequence, from 1. */
  no: number;
  name: string;
  /** A chain is one without this step, too. */
  optional: boolean;
  /** ISO 8601 in UTC. */
  first_seen: string | null;
  last_seen: string | null;
  event_count: number;
  /** What the first record says. */
  summary: string | null;
  /** The first records, in the order of time. */
  records: RecordReference[];
}

/** One chain: all needed steps in order, within the span of the sequence. */
export interface SequenceChain {
  entity_type: string;
  /** What ties the steps together, such as a key, a bucket or an endpoint. */
  entity: string;
  /** ISO 8601 in UTC, of all steps. */
  first_seen: string;
  last_seen: string;
  event_count: number;
  /** Every step of the sequence, those that were not seen too. */
  steps: SequenceStep[];
}

/** What became of a sequence; the words mean what they mean for a detection. */
export interface SequenceResult {
  id: string;
  version: string;
  sha256: string;
  title: string;
  description: string;
  element: string;
  attack: string[];
  atlas: string[];
  /** Ids of the scenarios that it is a part of. */
  scenarios: string[];
  status: DetectionStatus;
  /** What was missing; null when nothing was. */
  reason: string | null;
  /** True when the SQL itself failed. */
  failed: boolean;
  parameters: Record<string, Value>;
  /** In the order of time. */
  chains: SequenceChain[];
}

export interface SequenceOptions {
  /** Ids; all sequences that are not deprecated by default. */
  only?: readonly string[] | undefined;
  /** Only the sequences of this scenario. */
  scenario?: string | undefined;
  /** Given values; a key `<id>.<name>` is for one sequence alone. */
  parameters?: GivenParameters | undefined;
}

/** Runs sequences one after the other; one that fails becomes `not_evaluable` with `failed` set and never stops the others. */
export async function runSequences(
  database: Database,
  queries: readonly Query[],
  { only, scenario, parameters: given = {} }: SequenceOptions = {},
): Promise<SequenceResult[]> {
  const all = queries.filter((query) => query.kind === "sequence");
  const named = only?.map((id) => findQuery(queries, id, "sequence"));
  const chosen = (named ?? all.filter((query) => query.status !== "deprecated")).filter(
    (query) => scenario === undefined || query.scenarios.includes(scenario),
  );
  const [unused] = unusedParameters(chosen, given);
  if (unused !== undefined) {
    throw new ColdtrailError("parameter-invalid", `none of the chosen sequences has a parameter ${unused}`);
  }
  const period = await readCasePeriod(database);
  const filled: FilledTables = new Map();
  const results: SequenceResult[] = [];
  for (const query of chosen) {
    const resolved = resolveParameters(query, parametersOf(query, given), period);
    results.push(await runSequence(database, query, resolved, filled));
  }
  return results;
}

async function runSequence(
  database: Database,
  query: Query,
  { bound, values }: ResolvedParameters,
  filled: FilledTables,
): Promise<SequenceResult> {
  const { id, version, sha256, title, description, attack, atlas, scenarios } = query;
  const result: SequenceResult = {
    ...{ id, version, sha256, title, description, attack, atlas, scenarios },
    element: query.element ?? "",
    status: "not_evaluable",
    reason: null,
    failed: false,
    parameters: values,
    chains: [],
  };
  try {
    const { status, reason } = await readEvaluability(database, query, bound, filled);
    if (status === "not_evaluable") return { ...result, reason };
    const chains = chainsOf(query, await database.rows<StepRow>(summed(query.sql), bound));
    const silent = status === "partial" ? "partial" : "not_fired";
    return { ...result, status: chains.length > 0 ? "fired" : silent, reason, chains };
  } catch (error) {
    return { ...result, reason: `query failed: ${firstLine(error)}`, failed: true };
  }
}

interface StepRow extends Pick<SequenceStep, "event_count" | "summary" | "records"> {
  entity_type: string;
  entity: string;
  started: string;
  step_no: number;
  first_seen: string;
  last_seen: string;
}

/** Records are summed inside DuckDB: one step may rest on millions. */
function summed(sql: string): string {
  return `select
    entity_type,
    entity,
    started,
    step_no,
    min(event_time) as first_seen,
    max(event_time) as last_seen,
    count(*) as event_count,
    arg_min(summary, row(event_time, "table", artifact_id, record_no)) as summary,
    arg_min(
        {'table': "table", 'artifact_id': artifact_id, 'record_no': record_no},
        row(event_time, "table", artifact_id, record_no),
        ${STEP_RECORDS}
    ) as records
from (
${sql}
) as sequence
group by entity_type, entity, started, step_no
order by started, entity_type, entity, step_no`;
}

function chainsOf(query: Query, rows: StepRow[]): SequenceChain[] {
  const chains = new Map<string, StepRow[]>();
  for (const row of rows) {
    const key = JSON.stringify([row.started, row.entity_type, row.entity]);
    chains.set(key, [...(chains.get(key) ?? []), row]);
  }
  return [...chains.values()].map((seen) => {
    const { entity_type, entity } = seen[0] as StepRow;
    return {
      entity_type,
      entity,
      first_seen: seen.map((row) => row.first_seen).sort(compareTimes)[0] as string,
      last_seen: seen
        .map((row) => row.last_seen)
        .sort(compareTimes)
        .at(-1) as string,
      event_count: seen.reduce((total, row) => total + row.event_count, 0),
      steps: query.steps.map(({ name, optional }, index) => {
        const row = seen.find(({ step_no }) => step_no === index + 1);
        return {
          no: index + 1,
          name,
          optional: optional === true,
          first_seen: row?.first_seen ?? null,
          last_seen: row?.last_seen ?? null,
          event_count: row?.event_count ?? 0,
          summary: row?.summary ?? null,
          records: row?.records ?? [],
        };
      }),
    };
  });
}
