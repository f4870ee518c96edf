-- ---
-- id: seq-leak-to-abuse
-- version: 1.0.0
-- title: From a leaked key to the use of models
-- status: stable
-- element: access
-- attack: [T1078.004, T1087.004, T1526]
-- atlas: [AML.T0012, AML.T0007]
-- description: >-
--   Finds keys that ask who they are from an address that their identity never used before, then read many kinds of
--   things or are denied again and again within ten minutes, and then, themselves or through a credential that came
--   of them, call a model or change an AI resource, whether it succeeds or not. Misses keys that go to the model at
--   once, and addresses that were used in the baseline.
-- requires:
--   cloudtrail_event: needed
--   named_set: needed
--   v_kin: optional
-- preconditions:
--   - query: >-
--       select coalesce($base_to::timestamptz, $case_from::timestamptz) is not null
--     otherwise: not_evaluable
--     reason: no period of interest is set in case.yaml, so nothing can be called new
-- steps:
--   - {name: asks who it is from a new address}
--   - {name: reads or is denied in a burst}
--   - {name: calls a model or changes an AI resource}
-- scenarios: [leaked-key, unauthorized-model-access]
-- parameters:
--   max_span: {type: interval, default: 24 hours, description: longest time from the first to the last step}
--   min_names: {type: integer, default: 8, description: kinds of read in ten minutes}
--   min_denied: {type: integer, default: 5, description: denials in ten minutes}
--   case_from: {type: timestamptz, default: case, description: start of the period of interest}
--   base_to: {type: timestamptz, default: case, description: end of the baseline; the start of the case when empty}
-- changelog:
--   1.0.0: first version
-- ---
with call as materialized (
    select
        event_time,
        event_source,
        event_name,
        error_code,
        read_only,
        principal,
        credential,
        source_ip_address,
        artifact_id,
        record_no
    from cloudtrail_event
    where credential is not null
        and event_time >= coalesce($base_to::timestamptz, $case_from::timestamptz)
),
usual as (
    select distinct
        principal,
        address_site(source_ip_address) as site
    from cloudtrail_event
    where event_time < coalesce($base_to::timestamptz, $case_from::timestamptz)
),
asked as (
    select call.*
    from call
    anti join usual
        on usual.principal = call.principal
        and usual.site = address_site(call.source_ip_address)
    where call.event_source = 'sts.amazonaws.com'
        and call.event_name = 'GetCallerIdentity'
        and not is_aws_service_address(call.source_ip_address)
),
kin as materialized (
    select
        ancestor as entity,
        descendant as credential
    from v_kin
    where ancestor in (select credential from asked)
    union
    select
        credential,
        credential
    from asked
),
burst as (
    select
        credential,
        time_bucket(interval 10 minutes, event_time) as slot
    from call
    where regexp_matches(event_name, '^(List|Get|Describe)')
        and event_name <> 'GetCallerIdentity'
        and credential in (select credential from kin)
    group by
        credential,
        slot
    having count(distinct event_name) >= $min_names::bigint
        or count(*) filter (error_code in (select member from named_set where name = 'ERR_DENIED'))
        >= $min_denied::bigint
),
step as (
    select
        1 as step_no,
        asked.*
    from asked
    union all
    select
        2 as step_no,
        call.*
    from call
    join burst
        on burst.credential = call.credential
        and burst.slot = time_bucket(interval 10 minutes, call.event_time)
    where regexp_matches(call.event_name, '^(List|Get|Describe)')
        and call.event_name <> 'GetCallerIdentity'
    union all
    select
        3 as step_no,
        call.*
    from call
    where event_source in (select member from named_set where name = 'AI_SOURCES')
        and (
            event_name in (select member from named_set where name in ('INVOKE_RT', 'INVOKE_DATA'))
            or read_only is false
        )
),
seen as (
    select
        kin.entity,
        step.step_no,
        step.event_time,
        call_summary(step.principal, step.event_name, step.error_code, step.source_ip_address) as summary,
        'cloudtrail_event' as "table",
        step.artifact_id,
        step.record_no
    from step
    join kin
        on kin.credential = step.credential
)
select
    'credential' as entity_type,
    *
from sequence_records('seen', [1, 2, 3], $max_span::interval)
order by
    started,
    entity,
    step_no,
    event_time,
    "table",
    artifact_id,
    record_no
