-- ---
-- id: h-ioc-sweep
-- version: 1.0.0
-- title: Where do the indicators come up?
-- status: stable
-- description: >-
--   Finds the indicators of `reference/ioc.csv`, or those named here, in identities, keys, addresses, tools, resources
--   and findings over all sources, with first and last time and counts. Misses words of prompts; see h-prompt-search.
-- requires:
--   v_event: needed
--   ref_ioc: helpful
--   cloudtrail_event: optional
-- parameters:
--   values: {type: text, default: null, description: "these values too, separated by commas"}
--   case_from: {type: timestamptz, default: null, description: only from here}
--   case_to: {type: timestamptz, default: null, description: only before}
-- references: []
-- changelog:
--   1.0.0: first version
-- ---
with indicator as materialized (
    select distinct value
    from ref_ioc
    where value is not null
    union
    select trim(unnest(string_split($values::varchar, ',')))
),
term as materialized (
    select
        source,
        field.name as field,
        field.value as value,
        min(event_time) as first_seen,
        max(event_time) as last_seen,
        count(*) as event_count,
        arg_min(artifact_id, row(event_time, artifact_id, record_no)) as artifact_id,
        arg_min(record_no, row(event_time, artifact_id, record_no)) as record_no
    from (
        select
            source,
            event_time,
            artifact_id,
            record_no,
            unnest(
                [
                    {'name': 'identity', 'value': principal},
                    {'name': 'credential', 'value': credential},
                    {'name': 'address', 'value': source_ip},
                    {'name': 'resource', 'value': resource}
                ]
            ) as field
        from v_event
        where in_period(event_time, $case_from::timestamptz, $case_to::timestamptz)
        union all
        select
            'cloudtrail_event',
            event_time,
            artifact_id,
            record_no,
            {'name': 'tool', 'value': user_agent}
        from cloudtrail_event
        where in_period(event_time, $case_from::timestamptz, $case_to::timestamptz)
    )
    where field.value is not null
    group by
        source,
        field.name,
        field.value
)
select
    indicator.value as indicator,
    term.source,
    term.field,
    case
        when term.value = indicator.value then 'equal'
        when cidr_contains(indicator.value, term.value) then 'in the block'
        else 'contained'
    end as match,
    min(term.first_seen) as first_seen,
    max(term.last_seen) as last_seen,
    sum(term.event_count)::bigint as event_count,
    list_slice(distinct_values(term.value), 1, 20) as seen_as,
    arg_min(term.artifact_id, row(term.first_seen, term.artifact_id, term.record_no)) as artifact_id,
    arg_min(term.record_no, row(term.first_seen, term.artifact_id, term.record_no)) as record_no
from indicator
join term
    on term.value = indicator.value
    or len(indicator.value) >= 4 and contains(lower(term.value), lower(indicator.value))
    or term.field = 'address' and contains(indicator.value, '/') and cidr_contains(indicator.value, term.value)
group by
    indicator.value,
    term.source,
    term.field,
    match
order by
    indicator,
    first_seen,
    term.source,
    term.field,
    match
