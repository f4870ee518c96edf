-- ---
-- id: h-gaps
-- version: 1.0.1
-- title: Where is the evidence silent?
-- status: stable
-- description: >-
--   Finds for each source and region the days with their records, and the longest silences between two records, beside
--   what the records themselves say of switched-off sources. Misses sources that are not here at all; `coldtrail status`
--   names them.
-- requires:
--   v_event: needed
-- parameters:
--   min_gap: {type: interval, default: 6 hours, description: a silence from which it is told}
--   case_from: {type: timestamptz, default: null, description: only from here}
--   case_to: {type: timestamptz, default: null, description: only before}
-- references: []
-- changelog:
--   1.0.1: the same rows, faster
--   1.0.0: first version
-- ---
with moment_seen as (
    select distinct
        source,
        coalesce(region, '') as region,
        minute_of(event_time) as minute
    from v_event
    where event_time is not null
        and in_period(event_time, $case_from::timestamptz, $case_to::timestamptz)
),
silence as (
    select
        source,
        region,
        minute,
        lag(minute) over (partition by source, region order by minute) as before
    from moment_seen
),
span as (
    select
        source,
        region,
        min(minute) as first_seen,
        max(minute) as last_seen,
        count(*) as minutes,
        count(distinct day_of(minute)) as days
    from moment_seen
    group by
        source,
        region
),
evidence_end as (
    select
        min(minute) as began,
        max(minute) as ended
    from moment_seen
)
select
    'silence' as kind,
    source,
    nullif(region, '') as region,
    before as first_seen,
    minute as last_seen,
    0 as event_count,
    epoch(minute - before)::bigint as seconds,
    null::bigint as days_with_records
from silence
where minute - before >= $min_gap::interval
union all
select
    'ends before the other sources',
    source,
    nullif(region, ''),
    last_seen,
    ended,
    0,
    epoch(ended - last_seen)::bigint,
    days
from span
cross join evidence_end
where ended - last_seen >= $min_gap::interval
union all
select
    'covered',
    source,
    nullif(region, ''),
    first_seen,
    last_seen,
    minutes,
    epoch(last_seen - first_seen)::bigint,
    days
from span
order by
    source,
    region,
    first_seen,
    kind
