-- ---
-- id: inv-unsafe-after-guardrail-change
-- version: 1.0.1
-- title: Unsafe answers after a guardrail was weakened or deleted
-- status: stable
-- severity: high
-- element: invocation
-- attack: [T1562.001]
-- atlas: [AML.T0054]
-- description: >-
--   Finds guardrails that were deleted or weakened and whose calls in the day after have unsafe answers (data to a
--   foreign host, secrets, personal data that the prompt did not hold) more often than in the day before, or are stopped
--   far less often although injections did not become rarer. Calls belong to a guardrail by its id in the request or the
--   trace; of a deleted one, by the identities that used it the day before. An update counts as weaker by what the
--   request before it or a snapshot set. Misses harm that shows in no pattern, and prompts that were not logged.
-- requires:
--   cloudtrail_event: needed
--   bedrock_invocation: needed
--   bedrock_message: needed
--   v_guardrail_weakening: optional
--   bedrock_guardrail_assessment: optional
--   api_snapshot: optional
--   ref_domain: optional
-- parameters:
--   window: {type: interval, default: 24 hours, description: time before and after the change that is compared}
--   min_drop: {type: double, default: 0.8, description: share by which stopped calls become rarer}
--   min_calls: {type: integer, default: 10, description: calls before and after that a comparison of rates needs}
-- false_positives:
--   - Another mix of traffic after the change.
-- references:
--   - https://docs.aws.amazon.com/bedrock/latest/userguide/guardrails.html
-- changelog:
--   1.0.1: reads the weakened guardrails from a view; the answers are the same
--   1.0.0: first version
-- ---
with change as materialized (
    select *
    from v_guardrail_weakening
),
span as (
    select
        min(event_time) - $window::interval as first_time,
        max(event_time) + $window::interval as last_time
    from change
),
call as (
    select
        invocation.artifact_id,
        invocation.record_no,
        invocation.event_time,
        invocation.principal,
        invocation.request_id,
        invocation.stop_reason = 'guardrail_intervened'
        or coalesce(invocation.guardrail_action, '') = 'INTERVENED' as is_stopped,
        regexp_replace(
            coalesce(
                invocation.input_body ->> '$.guardrailConfig.guardrailIdentifier',
                invocation.input_body ->> '$."amazon-bedrock-guardrailConfig".guardrailIdentifier'
            ),
            '^arn:.*:guardrail/',
            ''
        ) as guardrail
    from bedrock_invocation as invocation
    cross join span
    where invocation.event_time between span.first_time and span.last_time
        and invocation.error_code is null
),
-- InvokeModel names the guardrail in a header, which CloudTrail and the trace keep.
named as (
    select
        artifact_id,
        record_no,
        guardrail
    from call
    where guardrail is not null
    union
    select
        artifact_id,
        record_no,
        regexp_replace(guardrail_id, '^arn:.*:guardrail/', '')
    from bedrock_guardrail_assessment
    where guardrail_id is not null
    union
    select
        call.artifact_id,
        call.record_no,
        event.guardrail
    from call
    join (
        select
            request_id,
            regexp_replace(
                request_parameters ->> '$.guardrailIdentifier',
                '^arn:.*:guardrail/',
                ''
            ) as guardrail
        from cloudtrail_event
        where event_source = 'bedrock.amazonaws.com'
            and event_name in ('InvokeModel', 'InvokeModelWithResponseStream', 'Converse', 'ConverseStream')
            and (request_parameters ->> '$.guardrailIdentifier') is not null
    ) as event
        on event.request_id = call.request_id
),
guarded as (
    select
        change.artifact_id as change_artifact_id,
        change.record_no as change_record_no,
        call.artifact_id,
        call.record_no,
        call.event_time,
        call.principal,
        call.is_stopped,
        call.event_time >= change.event_time as is_after
    from change
    join named
        on named.guardrail = change.guardrail
    join call
        on call.artifact_id = named.artifact_id
        and call.record_no = named.record_no
        and call.event_time >= change.event_time - $window::interval
        and call.event_time <= change.event_time + $window::interval
),
affected as (
    select *
    from guarded
    union
    select
        change.artifact_id,
        change.record_no,
        call.artifact_id,
        call.record_no,
        call.event_time,
        call.principal,
        call.is_stopped,
        true as is_after
    from change
    join (
        select distinct
            change_artifact_id,
            change_record_no,
            principal
        from guarded
        where not is_after
    ) as usual
        on usual.change_artifact_id = change.artifact_id
        and usual.change_record_no = change.record_no
    join call
        on call.principal is not distinct from usual.principal
        and call.event_time between change.event_time and change.event_time + $window::interval
    where change.is_deleted
),
own_domain as (
    select distinct_values(case when class in ('own', 'allowed') then lower(domain) end) as names
    from ref_domain
),
block as (
    select
        message.artifact_id,
        message.record_no,
        message.direction,
        message.text
    from bedrock_message as message
    where (message.artifact_id, message.record_no) in (select artifact_id, record_no from affected)
        and message.text is not null
        and coalesce(message.role, 'user') <> 'system'
),
-- The same words are judged once, however often they were sent; kept, so that no filter moves below the distinct.
wording_text as materialized (
    select distinct
        text,
        direction
    from block
),
wording as materialized (
    select
        text,
        direction,
        direction = 'input'
        and (
            regexp_matches(text, rx_override())
            or regexp_matches(text, rx_indirect_order())
            or regexp_matches(text, rx_delim_forge())
            or regexp_matches(text, rx_jailbreak_named())
        ) as is_injection,
        case
            when direction = 'output'
            then list_distinct(
                flatten(
                    list_transform(
                        regexp_extract_all(text, rx_exfil_any()),
                        lambda piece : url_hosts(piece)
                    )
                )
            )
            else []
        end as host,
        case
            when direction = 'output'
            then list_concat(
                regexp_extract_all(text, rx_secret_any()),
                list_concat(
                    regexp_extract_all(text, rx_pii_email()),
                    list_concat(
                        regexp_extract_all(text, rx_pii_ssn()),
                        list_filter(
                            list_concat(
                                regexp_extract_all(text, rx_pii_iban()),
                                regexp_extract_all(text, rx_pii_card())
                            ),
                            lambda number : regexp_matches(number, '[A-Z]') or passes_luhn(number)
                        )
                    )
                )
            )
            else []
        end as datum
    from wording_text
),
prompt as (
    select
        block.artifact_id,
        block.record_no,
        string_agg(block.text, ' ' order by block.text) as text
    from block
    where block.direction = 'input'
        and (block.artifact_id, block.record_no) in (
            select block.artifact_id, block.record_no
            from block
            join wording
                on wording.text = block.text
                and wording.direction = block.direction
            where len(wording.datum) > 0
        )
    group by
        block.artifact_id,
        block.record_no
),
judged as (
    select
        block.artifact_id,
        block.record_no,
        bool_or(wording.is_injection) as is_injection,
        list_distinct(
            flatten(
                list(
                    list_filter(
                        wording.host,
                        lambda name : len(
                            list_filter(
                                own_domain.names,
                                lambda own : name = own or ends_with(name, '.' || own)
                            )
                        ) = 0
                    )
                    order by wording.text
                )
            )
        ) as host,
        sum(
            len(
                list_filter(
                    wording.datum,
                    lambda piece : piece <> ''
                        and not contains(coalesce(prompt.text, ''), piece)
                        and len(
                            list_filter(
                                own_domain.names,
                                lambda own : ends_with(lower(piece), '@' || own)
                                    or ends_with(lower(piece), '.' || own)
                            )
                        ) = 0
                )
            )
        ) as data
    from block
    join wording
        on wording.text = block.text
        and wording.direction = block.direction
    cross join own_domain
    left join prompt
        on prompt.artifact_id = block.artifact_id
        and prompt.record_no = block.record_no
    group by
        block.artifact_id,
        block.record_no
),
compared as (
    select
        affected.change_artifact_id,
        affected.change_record_no,
        count(*) filter (not is_after) as calls_before,
        count(*) filter (is_after) as calls_after,
        count(*) filter (not is_after and is_stopped) as stops_before,
        count(*) filter (is_after and is_stopped) as stops_after,
        count(*) filter (not is_after and coalesce(is_injection, false)) as injections_before,
        count(*) filter (is_after and coalesce(is_injection, false)) as injections_after,
        count(*) filter (not is_after and (len(host) > 0 or data > 0)) as unsafe_before,
        count(*) filter (is_after and (len(host) > 0 or data > 0)) as unsafe_after,
        count(*) filter (is_after and len(host) > 0) as links_after,
        count(*) filter (is_after and data > 0) as data_after,
        min(event_time) filter (is_after and (len(host) > 0 or data > 0)) as first_unsafe,
        max(event_time) filter (is_after and (len(host) > 0 or data > 0)) as last_unsafe,
        max(event_time) filter (is_after) as last_call,
        distinct_values(case when is_after and (len(host) > 0 or data > 0) then principal end) as caller,
        arg_min(
            {
                'table': 'bedrock_invocation',
                'artifact_id': affected.artifact_id,
                'record_no': affected.record_no
            },
            row(event_time, affected.artifact_id, affected.record_no),
            199
        ) filter (is_after and (len(host) > 0 or data > 0)) as records
    from affected
    left join judged
        on judged.artifact_id = affected.artifact_id
        and judged.record_no = affected.record_no
    group by
        affected.change_artifact_id,
        affected.change_record_no
),
finding as (
    select
        change.*,
        compared.* exclude (change_artifact_id, change_record_no),
        unsafe_after > 0
        and unsafe_after * greatest(calls_before, 1) > unsafe_before * calls_after as is_unsafe,
        stops_before > 0
        and calls_before >= $min_calls::bigint
        and calls_after >= $min_calls::bigint
        and stops_after * calls_before <= round((1 - $min_drop::double) * stops_before * calls_after, 6)
        and injections_after / calls_after >= injections_before / calls_before as is_drop
    from change
    join compared
        on compared.change_artifact_id = change.artifact_id
        and compared.change_record_no = change.record_no
)
select
    'guardrail' as entity_type,
    coalesce(guardrail, 'unknown') as entity,
    'high' as severity,
    event_time as first_seen,
    coalesce(last_unsafe, last_call, event_time) as last_seen,
    greatest(unsafe_after, 1)::bigint as event_count,
    short_name(principal) || case when is_deleted then ' deleted' else ' weakened' end || ' guardrail '
    || coalesce(guardrail, 'of unknown id') || ' at ' || moment(event_time)
    || case
        when is_unsafe
        then '; ' || counted(unsafe_after, 'unsafe answer') || ' of ' || counted(calls_after, 'call')
            || ' followed, the first at ' || moment(first_unsafe) || ' (' || unsafe_before || ' of '
            || counted(calls_before, 'call') || ' before)'
        else ''
    end
    || case
        when is_drop
        then '; it stopped ' || stops_after || ' of ' || counted(calls_after, 'call') || ' after and '
            || stops_before || ' of ' || counted(calls_before, 'call') || ' before'
        else ''
    end as summary,
    list_concat(
        [{'table': 'cloudtrail_event', 'artifact_id': artifact_id, 'record_no': record_no}],
        coalesce(records, [])
    ) as records,
    principal as actor,
    source_ip_address as source_ip,
    aws_region as region,
    recipient_account_id as account_id,
    guardrail as resource,
    {
        'changed_at': event_time,
        'event_name': event_name,
        'weaker_settings': coalesce(setting, []),
        'calls_before': calls_before,
        'calls_after': calls_after,
        'stopped_before': stops_before,
        'stopped_after': stops_after,
        'injections_before': injections_before,
        'injections_after': injections_after,
        'unsafe_before': unsafe_before,
        'unsafe_outputs': unsafe_after,
        'with_foreign_host': links_after,
        'with_secrets_or_personal_data': data_after,
        'first_unsafe_at': first_unsafe,
        'callers': list_slice(caller, 1, 20)
    } as metrics,
    unsafe_after + 1 as record_total
from finding
where is_unsafe
    or is_drop
order by
    first_seen,
    entity,
    artifact_id,
    record_no
