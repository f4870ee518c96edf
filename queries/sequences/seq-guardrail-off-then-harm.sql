-- ---
-- id: seq-guardrail-off-then-harm
-- version: 1.0.0
-- title: A guardrail weakened, then harmful answers
-- status: stable
-- element: invocation
-- attack: [T1562.001]
-- atlas: [AML.T0054]
-- description: >-
--   Finds guardrails that were deleted or weakened, and calls that used them within the day after whose answers
--   carry data to a foreign host or hold secrets. Misses calls that name no guardrail in their logs, and harm that
--   shows in no pattern.
-- requires:
--   v_guardrail_weakening: optional
--   bedrock_message: needed
--   bedrock_invocation: needed
--   bedrock_guardrail_assessment: optional
--   cloudtrail_event: needed
--   ref_domain: helpful
-- steps:
--   - {name: deletes or weakens the guardrail}
--   - {name: a call with it gives an unsafe answer}
-- scenarios: [leaked-key]
-- parameters:
--   max_span: {type: interval, default: 24 hours, description: longest time from the change to an answer}
-- changelog:
--   1.0.0: first version
-- ---
with change as materialized (
    select *
    from v_guardrail_weakening
),
own_domain as (
    select distinct_values(case when class in ('own', 'allowed') then lower(domain) end) as names
    from ref_domain
),
unsafe as materialized (
    select text
    from (
        select distinct text
        from bedrock_message
        where direction = 'output'
            and text is not null
            and exists (from change)
    )
    cross join own_domain
    where regexp_matches(text, rx_secret_any())
        or len(
            list_filter(
                flatten(list_transform(regexp_extract_all(text, rx_exfil_any()), lambda piece : url_hosts(piece))),
                lambda host : len(
                    list_filter(own_domain.names, lambda own : host = own or ends_with(host, '.' || own))
                ) = 0
            )
        ) > 0
),
answer as materialized (
    select distinct
        message.artifact_id,
        message.record_no,
        message.event_time,
        message.principal,
        message.request_id
    from bedrock_message as message
    join unsafe
        on unsafe.text = message.text
    where message.direction = 'output'
),
guarded as (
    select
        artifact_id,
        record_no,
        regexp_replace(
            coalesce(
                input_body ->> '$.guardrailConfig.guardrailIdentifier',
                input_body ->> '$."amazon-bedrock-guardrailConfig".guardrailIdentifier'
            ),
            '^arn:.*:guardrail/',
            ''
        ) as guardrail
    from bedrock_invocation
    where (artifact_id, record_no) in (select artifact_id, record_no from answer)
    union
    select
        artifact_id,
        record_no,
        regexp_replace(guardrail_id, '^arn:.*:guardrail/', '')
    from bedrock_guardrail_assessment
    where (artifact_id, record_no) in (select artifact_id, record_no from answer)
    union
    select
        answer.artifact_id,
        answer.record_no,
        regexp_replace(event.request_parameters ->> '$.guardrailIdentifier', '^arn:.*:guardrail/', '')
    from answer
    join cloudtrail_event as event
        on event.request_id = answer.request_id
),
seen as (
    select
        guardrail as entity,
        1 as step_no,
        event_time,
        call_summary(principal, event_name, null, source_ip_address)
        || coalesce(': ' || named(setting), '') as summary,
        'cloudtrail_event' as "table",
        artifact_id,
        record_no
    from change
    union all
    select
        guarded.guardrail,
        2,
        answer.event_time,
        short_name(answer.principal) || ' gets an unsafe answer',
        'bedrock_invocation',
        answer.artifact_id,
        answer.record_no
    from answer
    join guarded
        on guarded.artifact_id = answer.artifact_id
        and guarded.record_no = answer.record_no
    where guarded.guardrail in (select guardrail from change)
)
select
    'guardrail' as entity_type,
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
