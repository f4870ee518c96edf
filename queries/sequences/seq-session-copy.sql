-- ---
-- id: seq-session-copy
-- version: 1.0.0
-- title: A session of ours continued from outside
-- status: stable
-- element: access
-- attack: [T1550.001, T1552.005]
-- atlas: [AML.T0012]
-- description: >-
--   Finds session keys that were used from a place of ours and then within half a day from an outside address, which
--   no session does by itself. Misses sessions that were used from outside only.
-- requires:
--   cloudtrail_event: needed
--   ref_cidr: helpful
-- steps:
--   - {name: is used from a place of ours}
--   - {name: is used from outside}
-- scenarios: [training-data-exfiltration, leaked-key]
-- parameters:
--   max_span: {type: interval, default: 12 hours, description: longest time from a use inside to the use outside}
-- changelog:
--   1.0.0: first version
-- ---
with place as materialized (
    select
        source_ip_address,
        ip_class(source_ip_address) as class
    from (
        select distinct source_ip_address
        from cloudtrail_event
        where starts_with(access_key_id, 'ASIA')
    )
),
outsider as materialized (
    select distinct event.access_key_id
    from cloudtrail_event as event
    join place
        on place.source_ip_address = event.source_ip_address
    where starts_with(event.access_key_id, 'ASIA')
        and event.identity_type = 'AssumedRole'
        and event.vpc_endpoint_id is null
        and not is_own_class(place.class)
        and place.class not in ('partner', 'unknown')
),
seen as (
    select
        event.access_key_id as entity,
        case when event.vpc_endpoint_id is null and not is_own_class(place.class) then 2 else 1 end as step_no,
        event.event_time,
        call_summary(event.principal, event.event_name, event.error_code, event.source_ip_address) as summary,
        'cloudtrail_event' as "table",
        event.artifact_id,
        event.record_no
    from cloudtrail_event as event
    join place
        on place.source_ip_address = event.source_ip_address
    where event.access_key_id in (select access_key_id from outsider)
        and coalesce(place.class not in ('partner', 'unknown', 'service'), false)
        and event.invoked_by is null
)
select
    'credential' as entity_type,
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
