-- ---
-- id: h-service-region-matrix
-- version: 1.0.0
-- title: Which services did this identity use in which regions, before and during the incident?
-- status: stable
-- description: >-
--   Finds for each identity, service and region the calls before and in the period of interest, refusals, and the kinds
--   of call that are new. Misses use through other identities; see h-lineage-tree.
-- requires:
--   cloudtrail_event: needed
-- parameters:
--   principal: {type: text, default: null, description: "ARN, name, or a pattern with * of an identity"}
--   base_from: {type: timestamptz, default: case, description: start of the time of known good behaviour}
--   case_from: {type: timestamptz, default: case, description: start of the period of interest}
--   case_to: {type: timestamptz, default: case, description: end of the period of interest}
--   accounts: {type: text, default: null, description: "only these accounts, separated by commas"}
-- references: []
-- changelog:
--   1.0.0: first version
-- ---
with wanted as (
    select principal
    from (select distinct principal from cloudtrail_event)
    where $principal::varchar is null
        or principal_matches($principal::varchar, principal)
        or short_name(principal) = $principal::varchar
),
call as (
    select
        principal,
        short_source(event_source) as service,
        aws_region as region,
        event_name,
        coalesce(event_time >= $case_from::timestamptz, true) as is_inside,
        min(event_time) as first_seen,
        max(event_time) as last_seen,
        count(*) as event_count,
        count(error_code) as error_count,
        arg_min(
            {'table': 'cloudtrail_event', 'artifact_id': artifact_id, 'record_no': record_no},
            row(event_time, artifact_id, record_no),
            5
        ) as records
    from cloudtrail_event
    where principal in (select principal from wanted)
        and is_listed(recipient_account_id, $accounts::varchar)
        and in_period(event_time, $base_from::timestamptz, $case_to::timestamptz)
    group by
        principal,
        event_source,
        aws_region,
        event_name,
        is_inside
)
select
    principal,
    service,
    region,
    coalesce(sum(event_count) filter (not is_inside), 0)::bigint as calls_before,
    coalesce(sum(event_count) filter (is_inside), 0)::bigint as calls_inside,
    coalesce(sum(error_count) filter (is_inside), 0)::bigint as errors_inside,
    calls_before = 0 as is_new,
    list_filter(
        distinct_values(case when is_inside then event_name end),
        lambda name : not list_contains(distinct_values(case when not is_inside then event_name end), name)
    ) as new_calls,
    min(first_seen) as first_seen,
    max(last_seen) as last_seen,
    sum(event_count)::bigint as event_count,
    list_slice(flatten(list(records order by first_seen, event_name)), 1, 200) as records
from call
group by
    principal,
    service,
    region
order by
    principal,
    service,
    region
