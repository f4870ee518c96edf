-- ---
-- id: seq-access-oracle
-- version: 1.0.0
-- title: Invocations made to learn what is allowed
-- status: stable
-- element: invocation
-- attack: [T1526]
-- atlas: [AML.T0040, AML.T0007]
-- description: >-
--   Finds keys whose calls of models are answered within an hour both as invalid and as denied, over two or more
--   models or regions, which tells allowed models from others without any use of them; a success by the same key or
--   one that came of it follows at most one hour later, or not at all. Misses oracles of one model in one region.
-- requires:
--   cloudtrail_event: needed
--   named_set: needed
--   v_kin: optional
-- steps:
--   - {name: calls models with requests that are invalid or denied}
--   - {name: a call succeeds, optional: true}
-- scenarios: [unauthorized-model-access]
-- parameters:
--   max_span: {type: interval, default: 60 minutes, description: longest time from the first probe to the success}
--   min_targets: {type: integer, default: 2, description: different pairs of model and region}
-- changelog:
--   1.0.0: first version
-- ---
with call as materialized (
    select
        event_time,
        event_name,
        error_code,
        error_code in (select member from named_set where name = 'ERR_DENIED') as is_denied,
        principal,
        credential,
        source_ip_address,
        aws_region,
        base_model(invoked_model(request_parameters)) as model,
        artifact_id,
        record_no
    from cloudtrail_event
    where event_name in (select member from named_set where name = 'INVOKE_RT')
        and credential is not null
        and event_time is not null
),
probe as (
    select *
    from call
    where is_denied
        or error_code = 'ValidationException'
),
prober as materialized (
    select distinct denied.credential
    from probe as denied
    join probe as invalid
        on invalid.credential = denied.credential
        and invalid.event_time between denied.event_time - $max_span::interval
        and denied.event_time + $max_span::interval
    where denied.is_denied
        and not invalid.is_denied
        and denied.credential in (
            select credential
            from probe
            group by credential
            having count(distinct (model, aws_region)) >= $min_targets::bigint
        )
),
kin as (
    select
        credential as entity,
        credential
    from prober
    union
    select
        ancestor,
        descendant
    from v_kin
    where ancestor in (select credential from prober)
),
seen as (
    select
        kin.entity,
        case when call.error_code is null then 2 else 1 end as step_no,
        call.event_time,
        call_summary(call.principal, call.event_name, call.error_code, call.source_ip_address)
        || coalesce(': ' || call.model || ' in ' || call.aws_region, '') as summary,
        'cloudtrail_event' as "table",
        call.artifact_id,
        call.record_no
    from call
    join kin
        on kin.credential = call.credential
    where call.error_code is null
        or (call.is_denied or call.error_code = 'ValidationException')
        and kin.entity = call.credential
)
select
    'credential' as entity_type,
    *
from sequence_records('seen', [1], $max_span::interval)
order by
    started,
    entity,
    step_no,
    event_time,
    "table",
    artifact_id,
    record_no
