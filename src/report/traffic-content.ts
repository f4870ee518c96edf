import type { Database } from "../database/index.js";
import { LIMIT } from "./limit.js";

/** Amounts over time, a series for each name; the largest come first, `others` are all beyond those with a name. */
export interface Traffic {
  /** Seconds of one column. */
  width: number;
  /** Seconds since 1970 of the first column and of the end of the last. */
  from: number;
  to: number;
  series: Series[];
  /** Different names, those in `others` among them. */
  names: number;
  total: number;
}

export interface Series {
  /** Null for all others together. */
  name: string | null;
  counts: number[];
  total: number;
}

const MINUTE = 60;
/** Widths of a column that people can count in, in seconds. */
const WIDTHS = [1, 5, 10, 15, 30, 60, 180, 360, 720, 1_440, 10_080].map((minutes) => minutes * MINUTE);
const COLUMNS = 150;

/** Bytes that our hosts sent to each address outside, by the flow logs; what a gateway only passed on is not counted twice. */
export function readOutflow(database: Database, period: { from: number; to: number }): Promise<Traffic> {
  return readTraffic(
    database,
    period,
    `select
         start_time as event_time,
         coalesce(pkt_dstaddr, dstaddr) as name,
         bytes as amount
     from vpc_flow
     where action = 'ACCEPT'
         and not is_forwarded_flow(srcaddr, pkt_srcaddr)
         and not is_own_class(ip_class(coalesce(pkt_dstaddr, dstaddr)))
         and not is_aws_service_flow(pkt_dst_aws_service)`,
  );
}

/** Tokens of each identity by the invocation log: what was put in and what came out. */
export function readTokens(database: Database, period: { from: number; to: number }): Promise<Traffic> {
  return readTraffic(
    database,
    period,
    `select
         event_time,
         coalesce(principal, 'no identity named') as name,
         coalesce(input_tokens, 0) + coalesce(output_tokens, 0) as amount
     from bedrock_invocation`,
  );
}

/** Successful invocations of each identity that left no record in the invocation log. */
export function readUnlogged(database: Database, period: { from: number; to: number }): Promise<Traffic> {
  return readTraffic(
    database,
    period,
    `select
         event_time,
         coalesce(principal, 'no identity named') as name,
         1 as amount
     from v_invocation
     where seen_by = 'CloudTrail only'
         and error_code is null`,
  );
}

async function readTraffic(
  database: Database,
  { from, to }: { from: number; to: number },
  rows: string,
): Promise<Traffic> {
  const columnsOf = (width: number) => Math.floor(to / width) - Math.floor(from / width) + 1;
  const width = WIDTHS.find((candidate) => columnsOf(candidate) <= COLUMNS) ?? (WIDTHS.at(-1) as number);
  const start = Math.floor(from / width) * width;
  const columns = Math.min(columnsOf(width), COLUMNS);
  const slots = await database.rows<{ name: string | null; slot: number; amount: number; names: number }>(
    `with amount as materialized (
         select name, (epoch(event_time)::bigint - $start::bigint) // $width::bigint as slot, sum(amount)::bigint as amount
         from (${rows})
         where event_time >= to_timestamp($start::bigint)
             and event_time < to_timestamp($start::bigint + $width::bigint * $columns::bigint)
             and name is not null
         group by all
     ),
     largest as (
         select name from amount group by name having sum(amount) > 0 order by sum(amount) desc, name limit ${LIMIT.series}
     )
     select
         case when name in (from largest) then name end as name,
         slot,
         sum(amount)::bigint as amount,
         (select count(distinct name) from amount) as names
     from amount
     group by all
     order by name nulls last, slot`,
    { start, width, columns },
  );
  const series = new Map<string | null, Series>();
  for (const { name, slot, amount } of slots) {
    const one = series.get(name) ?? { name, counts: Array.from({ length: columns }, () => 0), total: 0 };
    series.set(name, one);
    one.counts[slot] = (one.counts[slot] ?? 0) + amount;
    one.total += amount;
  }
  const sorted = [...series.values()]
    .filter((one) => one.total > 0)
    .sort(
      (left, right) => Number(left.name === null) - Number(right.name === null) || right.total - left.total,
    );
  return {
    width,
    from: start,
    to: start + columns * width,
    series: sorted,
    names: slots[0]?.names ?? 0,
    total: sorted.reduce((sum, one) => sum + one.total, 0),
  };
}
