import type { Database, Row } from "../database/index.js";
import type { Blind, Coverage, FileCount, Run, Series, SourceCount, Status } from "./status.js";

/** Counts of every file that a source claimed. */
export async function readFileCounts(database: Database): Promise<FileCount[]> {
  return database.rows<Row & FileCount>(
    `select
         artifact_id,
         record_count.source,
         original,
         record_count.records,
         row_count as "rows",
         duplicates,
         skipped,
         rejected
     from record_count join artifact using (artifact_id)
     order by artifact_id, record_count.source`,
  );
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
    ...(await readHours(database)),
    absent: await readAbsent(database),
    scope: await database.rows(
      `select 'account' as kind, name
       from (select unnest(accounts) as name from ref_case)
       where name not in (select account_id from hour_count where account_id is not null)
       union all
       select 'region', name
       from (select unnest(regions) as name from ref_case)
       where name not in (select region from hour_count where region is not null)
       order by kind, name`,
    ),
    snapshots: await readSnapshots(database),
    blind: await readBlind(database, "not from_the_start"),
    off: await readBlind(database, "from_the_start"),
    gaps: await database.rows(
      `select *
       from v_gap
       order by source, account_id nulls first, region nulls first, gap_from`,
    ),
    skipped_flows: await database.rows(
      `select
           interface_id,
           region,
           count(*) as records,
           min(start_time) as first_time,
           max(end_time) as last_time
       from vpc_flow
       where log_status = 'SKIPDATA'
       group by interface_id, region
       order by interface_id, region`,
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

const PERIOD = `
    select
        least(min(case_from), min(base_from)) as period_from,
        max(case_to) as period_to
    from ref_case`;

const PLACE = "source, account_id nulls first, region nulls first";

/** Counts all records once, by the hour; all else is counted from that. */
async function readHours(
  database: Database,
): Promise<Pick<Status, "period" | "coverage" | "series" | "hours" | "runs">> {
  await database.run(
    `create or replace temp table hour_count as
     select
         source,
         account_id,
         region,
         date_trunc('hour', event_time) as hour,
         count(*) as "rows",
         count(*) filter (
             event_time >= coalesce(period_from, event_time) and event_time <= coalesce(period_to, event_time)
         ) as rows_in_period,
         min(event_time) as first_time,
         max(event_time) as last_time
     from v_record_time cross join (${PERIOD})
     group by all`,
  );
  const [period] = await database.rows<Status["period"]>(PERIOD);
  return {
    period: period ?? { period_from: null, period_to: null },
    coverage: await database.rows<Row & Coverage>(
      `select
           source,
           account_id,
           region,
           strftime(date_trunc('day', hour), '%Y-%m-%d') as day,
           sum("rows")::bigint as "rows",
           min(first_time) as first_time,
           max(last_time) as last_time
       from hour_count
       group by source, account_id, region, day
       order by ${PLACE}, day nulls first`,
    ),
    series: await database.rows<Row & Series>(
      `select
           source,
           account_id,
           region,
           sum("rows")::bigint as "rows",
           sum(rows_in_period)::bigint as rows_in_period,
           coalesce(sum("rows") filter (hour is null), 0)::bigint as undated,
           min(first_time) as first_time,
           max(last_time) as last_time
       from hour_count
       group by source, account_id, region
       order by ${PLACE}`,
    ),
    hours: await database.rows(
      `select source, account_id, region, hour, "rows"
       from hour_count
       where hour is not null
       order by ${PLACE}, hour`,
    ),
    runs: await database.rows<Row & Run>(
      `with numbered as (
           select
               *,
               hour - to_hours(row_number() over (partition by source, account_id, region order by hour)) as run
           from hour_count
           where hour is not null
       )
       select
           source,
           account_id,
           region,
           min(hour) as hour_from,
           max(hour) + interval 1 hour as hour_to,
           count(*) as hours,
           sum("rows")::bigint as "rows"
       from numbered
       group by source, account_id, region, run
       order by ${PLACE}, hour_from`,
    ),
  };
}

/** Logs that an incident on AI workloads is read from; that one of them is not there must be said. */
const LOGS = [
  "bedrock_invocation",
  "cloudtrail_event",
  "cloudwatch_log_event",
  "dns_query",
  "s3_access",
  "sagemaker_capture",
  "security_finding",
  "vpc_flow",
];

async function readAbsent(database: Database): Promise<string[]> {
  const found = await database.rows<{ source: string }>("select distinct source from hour_count");
  const present = new Set(found.map(({ source }) => source));
  return LOGS.filter((log) => !present.has(log));
}

async function readSnapshots(database: Database): Promise<Status["snapshots"]> {
  const state = (table: string, account: string, region: string): string => `
    select '${table}' as source, ${account} as account_id, ${region} as region, collected_at from ${table}`;
  return database.rows(
    `select source, account_id, region, collected_at, count(*) as "rows"
     from (
         ${state("api_snapshot", "account_id", "region")}
         union all ${state("iam_principal", "account_id", "null")}
         union all ${state("iam_credential_report", "account_id", "null")}
         union all ${state("s3_object_version", "null", "null")}
     )
     group by all
     order by source, account_id nulls first, region nulls first, collected_at nulls first`,
  );
}

function readBlind(database: Database, which: string): Promise<Blind[]> {
  return database.rows<Row & Blind>(
    `select * exclude (said_in)
     from v_blind
     where ${which}
     order by blind_from, source, resource nulls first, artifact_id, record_no`,
  );
}

/** CloudTrail and S3 write the time of delivery into the names of their files. */
async function readDelivery(database: Database): Promise<Status["delivery"]> {
  return database.rows(
    `select
         source,
         count(distinct artifact_id) as files,
         median(seconds)::bigint as median_s,
         quantile_disc(seconds, 0.99) as p99_s,
         max(seconds) as longest_s,
         coalesce(any_value(late), 0) as late,
         coalesce(any_value(late_files), 0) as late_files,
         max(delivered_at) as last_delivery
     from v_delivery
     left join (
         select source, count(*) as late, count(distinct artifact_id) as late_files
         from v_late
         group by source
     ) using (source)
     group by source
     order by source`,
  );
}

/** Compares the clocks of the services over records of the same request (joins J1 and J2 of the correlation rules). */
async function readClock(database: Database): Promise<Status["clock"]> {
  const compared = (table: string, same: string): string => `
    select
        '${table}' as source,
        event.aws_region as region,
        date_diff('second', event.event_time, other.event_time) as seconds
    from ${table} as other
    join cloudtrail_event as event using (request_id)
    where other.request_id is not null and ${same}`;
  const sameHost = `coalesce(other.host_id = (event.additional_event_data ->> '$."x-amz-id-2"'), true)`;
  const samePlace =
    "coalesce(other.region = event.aws_region, true) and coalesce(other.account_id = event.recipient_account_id, true)";
  return database.rows(
    `select
         source,
         region,
         count(*) as joined,
         median(seconds)::bigint as median_s,
         quantile_disc(abs(seconds), 0.99) as p99_s,
         case when abs(median(seconds)) > 5 then ceil(abs(median(seconds)))::bigint else 0 end as slack_s
     from (${compared("bedrock_invocation", samePlace)} union all ${compared("s3_access", sameHost)})
     group by source, region
     order by source, region`,
  );
}
