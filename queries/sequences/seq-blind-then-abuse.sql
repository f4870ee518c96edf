-- ---
-- id: seq-blind-then-abuse
-- version: 1.0.0
-- title: Invocation logging switched off, models used unseen
-- status: stable
-- element: invocation
-- attack: [T1562.008, T1496.004]
-- atlas: [AML.T0040]
-- description: >-
--   Finds regions in which the logging of invocations was switched off and models were called with success while it
--   was off, so that no prompt of these calls is in the evidence. Misses regions whose logging was never on.
-- requires:
--   v_blind: optional
--   v_invocation: optional
--   cloudtrail_event: needed
-- steps:
--   - {name: switches invocation logging off}
--   - {name: calls models without a log record}
-- scenarios: [unauthorized-model-access, leaked-key]
-- parameters:
--   max_span: {type: interval, default: 30 days, description: longest time that is looked at after logging was switched off}
-- changelog:
--   1.0.0: first version
-- ---
with dark as materialized (
    select
        account_id,
        region,
        blind_from,
        blind_to,
        artifact_id,
        record_no
    from v_blind
    where source = 'bedrock_invocation'
),
seen as (
    select
        event.recipient_account_id || ' ' || event.aws_region as entity,
        1 as step_no,
        event.event_time,
        call_summary(event.principal, event.event_name, event.error_code, event.source_ip_address) as summary,
        'cloudtrail_event' as "table",
        event.artifact_id,
        event.record_no
    from cloudtrail_event as event
    join dark
        on dark.artifact_id = event.artifact_id
        and dark.record_no = event.record_no
    union all
    select
        dark.account_id || ' ' || dark.region as entity,
        2 as step_no,
        call.cloudtrail_time,
        call_summary(call.principal, call.operation, null, call.source_ip) || coalesce(': ' || call.base_model, ''),
        'cloudtrail_event',
        call.cloudtrail_artifact_id,
        call.cloudtrail_record_no
    from v_invocation as call
    join dark
        on dark.account_id = call.account_id
        and dark.region = call.region
        and call.cloudtrail_time between dark.blind_from and dark.blind_to
    where call.log_artifact_id is null
        and call.error_code is null
        and call.is_loggable
)
select
    'region' as entity_type,
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
