-- ---
-- id: seq-spread
-- version: 1.0.0
-- title: What the attacker came to hold
-- status: stable
-- element: access
-- attack: [T1078.004, T1098.001]
-- atlas: [AML.T0012]
-- description: >-
--   Finds the way from what the analyst names in reference/ioc.csv to every other credential and identity that the
--   attacker holds: the first calls of what was named, the calls that made or handed out further credentials, and
--   the first calls of credentials that were used from an outside address of the attacker. Misses credentials that
--   were used from shared addresses only.
-- requires:
--   v_flagged: optional
--   v_lineage: optional
--   cloudtrail_event: needed
-- preconditions:
--   - query: select count(*) > 0 from v_flagged
--     otherwise: not_evaluable
--     reason: reference/ioc.csv names nothing that the evidence knows
-- steps:
--   - {name: what the analyst named acts}
--   - {name: makes or hands out further credentials}
--   - {name: further credentials act from an address of the attacker, optional: true}
-- scenarios: [leaked-key, unauthorized-model-access]
-- parameters:
--   max_span: {type: interval, default: 365 days, description: longest time from the first to the last step}
-- changelog:
--   1.0.0: first version
-- ---
with flag as materialized (
    select *
    from v_flagged
),
named_by_analyst as (
    select
        event.credential,
        min(event.event_time) as event_time,
        arg_min(event, row(event.event_time, event.artifact_id, event.record_no)) as event
    from cloudtrail_event as event
    join flag
        on flag.kind = 'credential'
        and flag.value = event.credential
        and event.event_time >= flag.since
    where flag.via = 'named in ioc.csv'
        and (
            event.source_ip_address in (select value from flag where kind = 'address')
            or not exists (from flag where kind = 'address')
        )
        or flag.via like 'credential of %'
        or flag.via like 'used from %'
        and event.source_ip_address in (select value from flag where kind = 'address')
    group by event.credential
),
seen as (
    select
        event.recipient_account_id as entity,
        case when flag.via = 'named in ioc.csv' then 1 else 3 end as step_no,
        event.event_time,
        flag.value || ': ' || call_summary(event.principal, event.event_name, event.error_code, event.source_ip_address)
        || ' (' || flag.via || ')' as summary,
        'cloudtrail_event' as "table",
        event.artifact_id,
        event.record_no
    from named_by_analyst
    join flag
        on flag.value = named_by_analyst.credential
    union all
    select distinct
        event.recipient_account_id,
        2,
        event.event_time,
        edge.child || ' by ' || call_summary(event.principal, event.event_name, null, event.source_ip_address),
        'cloudtrail_event',
        edge.artifact_id,
        edge.record_no
    from v_lineage as edge
    join cloudtrail_event as event
        on event.artifact_id = edge.artifact_id
        and event.record_no = edge.record_no
    where edge.parent in (select value from flag)
        and edge.child in (select value from flag)
)
select
    'account' as entity_type,
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
