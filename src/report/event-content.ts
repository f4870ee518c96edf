import type { Database } from "../database/index.js";
import { LIMIT } from "./limit.js";

/** One record that a finding rests on, as `v_event` tells it, with the numbers of those findings. */
export interface CitedEvent {
  event_time: string | null;
  event_end: string | null;
  time_meaning: string;
  time_precision: string;
  source: string;
  account_id: string | null;
  region: string | null;
  principal: string | null;
  credential: string | null;
  source_ip: string | null;
  action: string | null;
  resource: string | null;
  outcome: string | null;
  bytes: number | null;
  summary: string | null;
  artifact_id: number;
  record_no: number;
  findings: number[];
}

/** A sealed file that a finding rests on. */
export interface CitedArtifact {
  artifact_id: number;
  acquisition: string;
  path: string;
  member: string | null;
  original: string;
  size: number;
  sha256: string;
  source: string | null;
  records: number;
  /** Records of it that findings list. */
  cited: number;
}

/** Events per stretch of time and source over the period that the report shows. */
export interface Activity {
  /** Seconds of one column. */
  width: number;
  /** Seconds since 1970 of the first column and of the end of the last. */
  from: number;
  to: number;
  sources: { source: string; counts: number[]; total: number }[];
  /** Rows with a time outside the period, and rows without a time. */
  outside: number;
  undated: number;
}

const RECORDS = `'[{"table": "VARCHAR", "artifact_id": "BIGINT", "record_no": "BIGINT"}]'`;

/** Records that findings of the run list, suppressed ones left out. */
const CITED = `
    select distinct
        finding_no,
        record.artifact_id,
        record.record_no
    from (
        select
            finding_no,
            unnest(from_json(records, ${RECORDS})) as record
        from finding
        where run_id = $run_id
            and suppressed_by is null
    ) as listed
    where record.artifact_id is not null`;

/** Every event that a finding of the run lists, in order of time; order within one second means nothing. */
export async function readCitedEvents(database: Database, runId: string): Promise<CitedEvent[]> {
  return database.rows<CitedEvent>(
    `with cited as (${CITED}),
     reference as (
         select artifact_id, record_no, list(finding_no order by finding_no) as findings
         from cited
         group by artifact_id, record_no
     )
     select
         v_event.event_time,
         v_event.event_end,
         v_event.time_meaning,
         v_event.time_precision,
         v_event.source,
         v_event.account_id,
         v_event.region,
         v_event.principal,
         v_event.credential,
         v_event.source_ip,
         v_event.action,
         v_event.resource,
         v_event.outcome,
         v_event.bytes,
         v_event.summary,
         v_event.artifact_id,
         v_event.record_no,
         reference.findings
     from v_event
     join reference
         on reference.artifact_id = v_event.artifact_id
         and reference.record_no = v_event.record_no
     order by event_time nulls last, v_event.source, v_event.artifact_id, v_event.record_no, action, summary`,
    { run_id: runId },
  );
}

/** How many different records the findings of the run list. */
export async function countCitedRecords(database: Database, runId: string): Promise<number> {
  const [row] = await database.rows<{ records: number }>(
    `select count(*) as records from (select distinct artifact_id, record_no from (${CITED}) as cited) as record`,
    { run_id: runId },
  );
  return row?.records ?? 0;
}

/** Files that the findings of the run rest on, in the order of their numbers. */
export async function readCitedArtifacts(database: Database, runId: string): Promise<CitedArtifact[]> {
  return database.rows<CitedArtifact>(
    `with cited as (${CITED}),
     tally as (
         select artifact_id, count(distinct record_no) as cited
         from cited
         group by artifact_id
     )
     select
         artifact.artifact_id,
         acquisition,
         path,
         member,
         original,
         size,
         sha256,
         source,
         records,
         tally.cited
     from artifact
     join tally on tally.artifact_id = artifact.artifact_id
     order by artifact.artifact_id`,
    { run_id: runId },
  );
}

const HOUR = 3_600;
/** Widths of a column of the histogram that people can count in. */
const WIDTHS = [1, 3, 6, 12, 24, 7 * 24, 30 * 24, 365 * 24].map((hours) => hours * HOUR);

/** Counts events by hour, or by the shortest longer stretch of which the period holds few enough. */
export async function readActivity(
  database: Database,
  period: { from: string | null; to: string | null },
): Promise<Activity> {
  const bounds = {
    from: period.from,
    to: period.to,
  };
  const [range] = await database.rows<{
    first: number | null;
    last: number | null;
    dated: number;
    undated: number;
  }>(
    `select
         floor(epoch(min(event_time)))::bigint as first,
         floor(epoch(max(event_time)))::bigint as last,
         count(event_time) as dated,
         (select count(*) from v_event where event_time is null) as undated
     from v_event
     where ($from::timestamptz is null or event_time >= $from::timestamptz)
         and ($to::timestamptz is null or event_time < $to::timestamptz)`,
    bounds,
  );
  const [{ all } = { all: 0 }] = await database.rows<{ all: number }>(
    `select count(event_time) as "all" from v_event`,
  );
  const undated = range?.undated ?? 0;
  const outside = all - (range?.dated ?? 0);
  if (range === undefined || range.first === null || range.last === null) {
    return { width: HOUR, from: 0, to: 0, sources: [], outside, undated };
  }
  const { first, last } = range;
  const columnsOf = (width: number) => Math.floor(last / width) - Math.floor(first / width) + 1;
  const width =
    WIDTHS.find((candidate) => columnsOf(candidate) <= LIMIT.buckets) ?? (WIDTHS.at(-1) as number);
  const start = Math.floor(first / width) * width;
  const columns = columnsOf(width);
  const rows = await database.rows<{ source: string; slot: number; events: number }>(
    `select
         source,
         (floor(epoch(event_time) / $width::double)::bigint * $width::bigint - $start::bigint) // $width::bigint as slot,
         count(*) as events
     from v_event
     where event_time is not null
         and ($from::timestamptz is null or event_time >= $from::timestamptz)
         and ($to::timestamptz is null or event_time < $to::timestamptz)
     group by all
     order by source, slot`,
    { ...bounds, width, start },
  );
  const bySource = new Map<string, number[]>();
  for (const { source, slot, events } of rows) {
    const counts = bySource.get(source) ?? Array.from({ length: columns }, () => 0);
    bySource.set(source, counts);
    if (slot >= 0 && slot < columns) counts[slot] = events;
  }
  const sources = [...bySource].map(([source, counts]) => ({
    source,
    counts,
    total: counts.reduce((sum, count) => sum + count, 0),
  }));
  return { width, from: start, to: start + columns * width, sources, outside, undated };
}
