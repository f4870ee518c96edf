-- ---
-- id: h-compare-periods
-- version: 1.0.1
-- title: What differs between two periods?
-- status: stable
-- description: >-
--   Finds how often each identity, address, tool, region, service or call came up in two periods of CloudTrail, with the
--   counts per day, and what is new or gone. Misses differences in what was said to models; see h-tokens-cost.
-- requires:
--   cloudtrail_event: needed
-- parameters:
--   dimension: {type: text, default: call, description: "principal credential address tool region service call or error"}
--   min_factor: {type: double, default: 3, description: change of the daily rate from which a row is shown}
--   base_from: {type: timestamptz, default: case, description: start of the time of known good behaviour}
--   base_to: {type: timestamptz, default: case, description: end of the time of known good behaviour}
--   case_from: {type: timestamptz, default: case, description: start of the period of interest}
--   case_to: {type: timestamptz, default: case, description: end of the period of interest}
-- references: []
-- changelog:
--   1.0.1: the same rows, faster
--   1.0.0: first version
-- ---
with combination as (
    select
        case $dimension::varchar
            when 'principal' then principal
            when 'credential' then credential
            when 'address' then source_ip_address
            when 'tool' then tool_of(user_agent)
            when 'region' then aws_region
            when 'service' then short_source(event_source)
            when 'error' then coalesce(error_code, 'success')
            else short_source(event_source) || ':' || event_name
        end as value,
        event_time,
        in_period(event_time, $base_from::timestamptz, $base_to::timestamptz) as is_base,
        in_period(event_time, $case_from::timestamptz, $case_to::timestamptz) as is_case,
        artifact_id,
        record_no
    from cloudtrail_event
    where event_time is not null
),
period as (
    select
        greatest(1, count(distinct day_of(event_time)) filter (is_base)) as base_days,
        greatest(1, count(distinct day_of(event_time)) filter (is_case)) as case_days
    from combination
),
tally as (
    select
        value,
        count(*) filter (is_base) as in_base,
        count(*) filter (is_case) as in_case,
        min(event_time) as first_seen,
        max(event_time) as last_seen,
        count(*) as event_count,
        arg_max(artifact_id, row(is_case, -epoch_us(event_time), -artifact_id, -record_no)) as artifact_id,
        arg_max(record_no, row(is_case, -epoch_us(event_time), -artifact_id, -record_no)) as record_no
    from combination
    where is_base
        or is_case
    group by value
)
select
    $dimension::varchar as dimension,
    tally.value,
    case
        when tally.in_base = 0 then 'new'
        when tally.in_case = 0 then 'gone'
        when tally.in_case / period.case_days > tally.in_base / period.base_days then 'more'
        else 'less'
    end as change,
    tally.in_base,
    tally.in_case,
    round(tally.in_base / period.base_days, 2) as base_per_day,
    round(tally.in_case / period.case_days, 2) as case_per_day,
    tally.first_seen,
    tally.last_seen,
    tally.event_count,
    tally.artifact_id,
    tally.record_no
from tally
cross join period
where tally.in_base = 0
    or tally.in_case = 0
    or greatest(
        (tally.in_case / period.case_days) / (tally.in_base / period.base_days),
        (tally.in_base / period.base_days) / (tally.in_case / period.case_days)
    ) >= $min_factor::double
order by
    case change when 'new' then 1 when 'more' then 2 when 'less' then 3 else 4 end,
    tally.in_case desc,
    tally.in_base desc,
    tally.value
