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
  /** The same by hour, for machines: `hour` is ISO 8601 in UTC. */
  hours: (Omit<Coverage, "day" | "first_time" | "last_time"> & { hour: string })[];
  /** Intervals in which a source was switched off, by evidence. */
  blind: {
    source: string;
    region: string | null;
    resource: string | null;
    blind_from: string;
    blind_to: string;
    to_the_end: boolean;
    switched_by: string;
    artifact_id: number;
    record_no: number;
  }[];
  /** Whole hours without a row between hours with rows, the longest of each source, account and region. */
  gaps: {
    source: string;
    account_id: string | null;
    region: string | null;
    gaps: number;
    longest_from: string;
    longest_to: string;
    longest_hours: number;
  }[];
  /** Seconds between an event and the delivery that the name of its file states. */
  delivery: { source: string; files: number; median_s: number; p99_s: number; longest_s: number }[];
  /** Seconds by which the time of a joined record is later than that of its CloudTrail event. */
  clock: { source: string; region: string | null; joined: number; median_s: number; p99_s: number }[];
  /** Files without rows and why: unclaimed, empty, unreadable, … */
  files: { artifact_id: number; original: string; state: string; note: string | null }[];
  /** What CloudTrail signed (digests, log files, results of Lake queries) by verdict, as of the last `verify`. */
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
    hours: await database.rows(
      `select source, account_id, region, date_trunc('hour', event_time) as hour, count(*) as "rows"
       from v_event
       where event_time is not null
       group by all
       order by source, account_id nulls first, region nulls first, hour`,
    ),
    blind: await database.rows(
      `select source, region, resource, blind_from, blind_to, to_the_end, switched_by, artifact_id, record_no
       from v_blind
       order by blind_from, source, artifact_id, record_no`,
    ),
    gaps: await database.rows(
      `select
           source,
           account_id,
           region,
           count(*) as gaps,
           arg_max(gap_from, (hours, gap_from)) as longest_from,
           arg_max(gap_to, (hours, gap_from)) as longest_to,
           max(hours) as longest_hours
       from v_gap
       group by source, account_id, region
       order by source, account_id nulls first, region nulls first`,
    ),
    delivery: await readDelivery(database),
    clock: await readClock(database),
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

/** CloudTrail and S3 write the time of delivery into the names of their files. */
async function readDelivery(database: Database): Promise<Status["delivery"]> {
  return database.rows(
    `with delivered as (
         select
             source,
             artifact_id,
             coalesce(
                 try_strptime(regexp_extract(original, '_(\\d{8}T\\d{4})Z_', 1), '%Y%m%dT%H%M'),
                 try_strptime(regexp_extract(original, '(\\d{4}-\\d\\d-\\d\\d-\\d\\d-\\d\\d-\\d\\d)-[0-9A-F]{16}$', 1), '%Y-%m-%d-%H-%M-%S')
             )::timestamptz as delivered_at
         from artifact
         where source in ('cloudtrail', 's3_access')
     ),
     delay as (
         select delivered.source, artifact_id, date_diff('second', event_time, delivered_at) as seconds
         from delivered join v_event using (artifact_id)
         where delivered_at is not null
     )
     select
         source,
         count(distinct artifact_id) as files,
         median(seconds)::bigint as median_s,
         quantile_disc(seconds, 0.99) as p99_s,
         max(seconds) as longest_s
     from delay
     group by source
     order by source`,
  );
}

/** Compares the clocks of the services over records of the same request. */
async function readClock(database: Database): Promise<Status["clock"]> {
  const compared = (table: string): string => `
    select
        '${table}' as source,
        event.aws_region as region,
        date_diff('second', event.event_time, other.event_time) as seconds
    from ${table} as other
    join cloudtrail_event as event using (request_id)
    where other.request_id is not null`;
  return database.rows(
    `select
         source,
         region,
         count(*) as joined,
         median(seconds)::bigint as median_s,
         quantile_disc(abs(seconds), 0.99) as p99_s
     from (${compared("bedrock_invocation")} union all ${compared("s3_access")})
     group by source, region
     order by source, region`,
  );
}
