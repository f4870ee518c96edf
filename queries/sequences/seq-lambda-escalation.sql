-- ---
-- id: seq-lambda-escalation
-- version: 1.0.0
-- title: Rights of a function taken over by new code
-- status: stable
-- element: infrastructure-changes
-- attack: [T1648, T1098]
-- atlas: []
-- description: >-
--   Finds functions whose code a key replaced and which the same key then invoked, after which the role of the
--   function changed identities or rights. Misses functions that something else invokes.
-- requires:
--   cloudtrail_event: needed
-- steps:
--   - {name: changes the configuration, optional: true}
--   - {name: replaces the code}
--   - {name: invokes the function}
--   - {name: the role of the function changes identities or rights}
-- scenarios: [leaked-key, unauthorized-model-access]
-- parameters:
--   max_span: {type: interval, default: 60 minutes, description: longest time from the first to the last step}
-- changelog:
--   1.0.0: first version
-- ---
with call as materialized (
    select
        case
            when event_source = 'lambda.amazonaws.com'
            then function_name(request_parameters ->> '$.functionName')
            else session_name
        end as entity,
        case
            when starts_with(event_name, 'UpdateFunctionConfiguration') then 1
            when starts_with(event_name, 'UpdateFunctionCode') then 2
            when event_source = 'lambda.amazonaws.com' then 3
            else 4
        end as step_no,
        credential,
        event_time,
        call_summary(principal, event_name, error_code, source_ip_address) as summary,
        'cloudtrail_event' as "table",
        artifact_id,
        record_no
    from cloudtrail_event
    where error_code is null
        and (
            event_source = 'lambda.amazonaws.com'
            and regexp_matches(event_name, '^(UpdateFunction(Code|Configuration)|Invoke)')
            or event_source = 'iam.amazonaws.com'
            and identity_type = 'AssumedRole'
            and regexp_matches(event_name, '^(Create|Attach|Put|Add|Update|Set)')
        )
),
author as (
    select distinct
        entity,
        credential
    from call
    where step_no = 2
),
seen as (
    select call.* exclude (credential)
    from call
    left join author
        on author.entity = call.entity
        and author.credential = call.credential
    where call.step_no <> 3
        or author.entity is not null
)
select
    'function' as entity_type,
    *
from sequence_records('seen', [2, 3, 4], $max_span::interval)
order by
    started,
    entity,
    step_no,
    event_time,
    "table",
    artifact_id,
    record_no
