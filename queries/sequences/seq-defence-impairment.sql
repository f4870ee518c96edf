-- ---
-- id: seq-defence-impairment
-- version: 1.0.0
-- title: Several controls changed in one hour
-- status: stable
-- element: infrastructure-changes
-- attack: [T1562.008, T1562.001]
-- atlas: []
-- description: >-
--   Finds identities that changed or tried to change two or more different controls (trail, GuardDuty, flow logs,
--   protection of buckets, invocation logging and others) within an hour. Misses a single control, and what several
--   identities did together.
-- requires:
--   cloudtrail_event: needed
--   v_impairment: optional
-- steps:
--   - {name: changes controls or tries to}
-- scenarios: [leaked-key]
-- parameters:
--   max_span: {type: interval, default: 60 minutes, description: time within which the controls were touched}
--   min_controls: {type: integer, default: 2, description: different controls}
-- changelog:
--   1.0.0: first version
-- ---
with touch as materialized (
    select
        *,
        len(
            list_distinct(
                list(control) over (
                    partition by principal
                    order by event_time
                    range between $max_span::interval preceding and $max_span::interval following
                )
            )
        ) as controls
    from v_impairment
    where principal is not null
        and event_time is not null
),
seen as (
    select
        principal as entity,
        1 as step_no,
        event_time,
        call_summary(principal, event_name, error_code, source_ip_address) || ': ' || control as summary,
        'cloudtrail_event' as "table",
        artifact_id,
        record_no
    from touch
    where controls >= $min_controls::bigint
)
select
    'principal' as entity_type,
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
