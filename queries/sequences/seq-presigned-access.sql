-- ---
-- id: seq-presigned-access
-- version: 1.0.0
-- title: A notebook opened by a stranger and used
-- status: stable
-- element: access
-- attack: [T1550.001]
-- atlas: [AML.T0012]
-- description: >-
--   Finds notebooks for which an identity that never did so before asked for a presigned address, and whose role
--   then within an hour made calls of a kind that it never made before. Misses roles whose calls are all usual.
-- requires:
--   cloudtrail_event: needed
--   api_snapshot: needed
-- preconditions:
--   - query: >-
--       select coalesce($base_to::timestamptz, $case_from::timestamptz) is not null
--     otherwise: not_evaluable
--     reason: no period of interest is set in case.yaml, so nothing can be called new
-- steps:
--   - {name: asks for a presigned address for the first time}
--   - {name: the role of the notebook makes calls of a new kind}
-- scenarios: [leaked-key, training-data-exfiltration]
-- parameters:
--   max_span: {type: interval, default: 60 minutes, description: longest time from the address to a new call}
--   case_from: {type: timestamptz, default: case, description: start of the period of interest}
--   base_to: {type: timestamptz, default: case, description: end of the baseline; the start of the case when empty}
-- changelog:
--   1.0.0: first version
-- ---
with role as materialized (
    select distinct
        json ->> '$.NotebookInstanceName' as notebook,
        principal_key(json ->> '$.RoleArn') as role
    from api_snapshot
    where operation = 'describe-notebook-instance'
),
opening as (
    select
        *,
        request_parameters ->> '$.notebookInstanceName' as notebook,
        event_time < coalesce($base_to::timestamptz, $case_from::timestamptz) as is_baseline
    from cloudtrail_event
    where event_source = 'sagemaker.amazonaws.com'
        and event_name = 'CreatePresignedNotebookInstanceUrl'
        and error_code is null
),
caller as (
    select principal
    from (
        select distinct principal
        from cloudtrail_event
        where identity_type = 'AssumedRole'
    )
    where principal_key(principal) in (select role from role)
),
call as materialized (
    select
        principal_key(principal) as role,
        event_source,
        event_time < coalesce($base_to::timestamptz, $case_from::timestamptz) as is_baseline,
        event_name,
        event_name as kind,
        event_time,
        call_summary(principal, event_name, error_code, source_ip_address) as summary,
        'cloudtrail_event' as "table",
        artifact_id,
        record_no
    from cloudtrail_event
    where principal in (select principal from caller)
),
seen as (
    select
        role.role as entity,
        1 as step_no,
        opening.event_time,
        call_summary(opening.principal, opening.event_name, null, opening.source_ip_address)
        || ' for ' || opening.notebook as summary,
        'cloudtrail_event' as "table",
        opening.artifact_id,
        opening.record_no
    from opening
    join role
        on role.notebook = opening.notebook
    where not opening.is_baseline
        and not exists (
            from opening as earlier
            where earlier.is_baseline
                and earlier.principal = opening.principal
                and earlier.notebook = opening.notebook
        )
    union all
    select
        call.role as entity,
        2 as step_no,
        call.event_time,
        call.summary,
        call."table",
        call.artifact_id,
        call.record_no
    from call
    anti join (select distinct role, event_source, event_name from call where is_baseline) as usual
        on usual.role = call.role
        and usual.event_source = call.event_source
        and usual.event_name = call.event_name
    where not call.is_baseline
)
select
    'role' as entity_type,
    *
from sequence_records('seen', [1, 2], $max_span::interval)
order by
    started,
    entity,
    step_no,
    event_time,
    "table",
    artifact_id,
    record_no
