import type { Database, Row } from "../database/index.js";

/** Records of one kind of evidence over all its artifacts; records = rows + duplicates + skipped + rejected. */
export interface SourceCount {
  source: string;
  artifacts: number;
  records: number;
  rows: number;
  duplicates: number;
  skipped: number;
  rejected: number;
}

/** What one source has for one account, region and day. */
export interface Coverage {
  source: string;
  account_id: string | null;
  region: string | null;
  /** UTC, `2026-03-11`; null for rows without a time. */
  day: string | null;
  rows: number;
  first_time: string | null;
  last_time: string | null;
}

/** What is in the case, and what of it was not understood. */
export interface Status {
  artifacts: number;
  unclaimed: number;
  sources: SourceCount[];
  coverage: Coverage[];
  /** Files without rows and why: unclaimed, empty, unreadable, … */
  files: { artifact_id: number; original: string; state: string; note: string | null }[];
  /** CloudTrail digests and log files by verdict, as of the last `verify`. */
  integrity: { kind: string; region: string | null; verdict: string; objects: number }[];
  rejects: {
    source: string;
    original: string;
    artifact_id: number;
    reason: string;
    rejected: number;
    first_record: number;
  }[];
}

/** Reads the state of a case from its database. */
export async function readStatus(database: Database): Promise<Status> {
  const [totals] = await database.rows<{ artifacts: number; unclaimed: number }>(
    "select count(*) as artifacts, count(*) filter (state = 'unclaimed') as unclaimed from artifact",
  );
  return {
    artifacts: totals?.artifacts ?? 0,
    unclaimed: totals?.unclaimed ?? 0,
    sources: await database.rows<SourceCount>(
      `select
           source,
           count(*) as artifacts,
           sum(records)::bigint as records,
           sum(row_count)::bigint as "rows",
           sum(duplicates)::bigint as duplicates,
           sum(skipped)::bigint as skipped,
           sum(rejected)::bigint as rejected
       from record_count
       group by source
       order by source`,
    ),
    coverage: await readCoverage(database),
    files: await database.rows(
      `select artifact_id, original, state, note
       from artifact
       where state <> 'loaded' and state <> 'zip' or note is not null
       order by artifact_id`,
    ),
    integrity: await database.rows(
      `select kind, region, verdict, count(*) as objects
       from integrity_verdict
       group by all
       order by kind, region nulls last, verdict`,
    ),
    rejects: await database.rows(
      `select
           coalesce(artifact.source, '') as source,
           original,
           artifact_id,
           reason,
           count(*) as rejected,
           min(record_no) as first_record
       from reject join artifact using (artifact_id)
       group by all
       order by artifact_id, first_record`,
    ),
  };
}

async function readCoverage(database: Database): Promise<Coverage[]> {
  const rows = await database.rows<Row & Coverage>(
    `select
         source,
         account_id,
         region,
         strftime(date_trunc('day', event_time), '%Y-%m-%d') as day,
         count(*) as "rows",
         min(event_time) as first_time,
         max(event_time) as last_time
     from v_event
     group by all
     order by source, account_id nulls first, region nulls first, day nulls first`,
  );
  return rows;
}
