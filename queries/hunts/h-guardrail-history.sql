-- ---
-- id: h-guardrail-history
-- version: 1.0.0
-- title: How did this guardrail change, and what did it stop meanwhile?
-- status: stable
-- description: >-
--   Finds the states of each guardrail from calls and from collected answers, with the settings that came and went
--   against the state before, and what the guardrail stopped until the next state. Misses changes before the evidence,
--   and interventions of invocations without a log.
-- requires:
--   cloudtrail_event: helpful
--   api_snapshot: helpful
--   bedrock_guardrail_assessment: helpful
--   named_set: optional
-- parameters:
--   guardrail: {type: text, default: null, description: id or ARN of the guardrail}
--   accounts: {type: text, default: null, description: "only these accounts, separated by commas"}
--   regions: {type: text, default: null, description: "only these regions, separated by commas"}
--   case_from: {type: timestamptz, default: null, description: only from here}
--   case_to: {type: timestamptz, default: null, description: only before}
-- references: []
-- changelog:
--   1.0.0: first version
-- ---
with state as (
    select
        event_time,
        'call' as seen_in,
        recipient_account_id as account_id,
        aws_region as region,
        event_name as action,
        principal,
        source_ip_address as source_ip,
        error_code,
        coalesce(
            request_parameters ->> '$.guardrailIdentifier',
            response_elements ->> '$.guardrailId'
        ) as guardrail,
        request_parameters as body,
        'Config' as suffix,
        artifact_id,
        record_no
    from cloudtrail_event
    where event_source = 'bedrock.amazonaws.com'
        and event_name in (select member from named_set where name = 'GUARDRAIL_CHANGE')
        and is_listed(recipient_account_id, $accounts::varchar)
        and is_listed(aws_region, $regions::varchar)
        and in_period(event_time, $case_from::timestamptz, $case_to::timestamptz)
    union all
    select
        collected_at,
        'snapshot',
        account_id,
        region,
        operation,
        null,
        null,
        error_code,
        coalesce(json ->> '$.guardrailId', resource),
        json,
        '',
        artifact_id,
        record_no
    from api_snapshot
    where operation = 'get-guardrail'
        and is_listed(account_id, $accounts::varchar)
        and is_listed(region, $regions::varchar)
        and in_period(collected_at, $case_from::timestamptz, $case_to::timestamptz)
),
setting as (
    select
        * exclude (body, suffix),
        regexp_extract(guardrail, '([^/]+)$', 1) as guardrail_id,
        list_sort(
            list_concat(
                list_concat(
                    list_transform(
                        json_items(
                            coalesce(
                                body -> '$.contentPolicyConfig.filtersConfig',
                                body -> '$.contentPolicy.filters'
                            )
                        ),
                        lambda item : (item ->> '$.type') || ' in ' || (item ->> '$.inputStrength') || ' out '
                            || (item ->> '$.outputStrength')
                    ),
                    list_transform(
                        json_items(
                            coalesce(
                                body -> '$.sensitiveInformationPolicyConfig.piiEntitiesConfig',
                                body -> '$.sensitiveInformationPolicy.piiEntities'
                            )
                        ),
                        lambda item : (item ->> '$.type') || ' ' || (item ->> '$.action')
                    )
                ),
                list_concat(
                    list_transform(
                        json_items(
                            coalesce(body -> '$.topicPolicyConfig.topicsConfig', body -> '$.topicPolicy.topics')
                        ),
                        lambda item : 'topic ' || (item ->> '$.name')
                    ),
                    list_transform(
                        json_items(
                            coalesce(body -> '$.wordPolicyConfig.wordsConfig', body -> '$.wordPolicy.words')
                        ),
                        lambda item : 'word ' || (item ->> '$.text')
                    )
                )
            )
        ) as settings
    from state
),
ordered as (
    select
        *,
        lag(settings) over following as settings_before,
        lead(event_time) over following as until
    from setting
    where event_time is not null
        and ($guardrail::varchar is null
            or guardrail_id = regexp_extract($guardrail::varchar, '([^/]+)$', 1))
    window following as (
        partition by guardrail_id
        order by event_time, artifact_id, record_no
    )
),
hit as (
    select
        ordered.artifact_id,
        ordered.record_no,
        count(distinct row(hit.artifact_id, hit.record_no)) as stopped_invocations,
        distinct_values(hit.policy || ' ' || hit.type || ' ' || hit.action) as stopped_by,
        distinct_values(hit.principal) as stopped_identities
    from ordered
    join bedrock_guardrail_assessment as hit
        on regexp_extract(hit.guardrail_id, '([^/]+)$', 1) = ordered.guardrail_id
        and hit.event_time >= ordered.event_time
        and (ordered.until is null or hit.event_time < ordered.until)
    group by
        ordered.artifact_id,
        ordered.record_no
)
select
    ordered.event_time,
    ordered.until,
    ordered.seen_in,
    ordered.account_id,
    ordered.region,
    ordered.guardrail_id,
    ordered.action,
    ordered.principal,
    ordered.source_ip,
    coalesce(ordered.error_code, 'success') as outcome,
    ordered.settings,
    case
        when len(ordered.settings) > 0
        then list_filter(
            coalesce(ordered.settings_before, []),
            lambda item : not list_contains(ordered.settings, item)
        )
    end as removed,
    case
        when ordered.settings_before is not null
        then list_filter(ordered.settings, lambda item : not list_contains(ordered.settings_before, item))
    end as added,
    coalesce(hit.stopped_invocations, 0) as stopped_invocations,
    coalesce(hit.stopped_by, []) as stopped_by,
    coalesce(hit.stopped_identities, []) as stopped_identities,
    ordered.artifact_id,
    ordered.record_no
from ordered
left join hit
    on hit.artifact_id = ordered.artifact_id
    and hit.record_no = ordered.record_no
order by
    ordered.guardrail_id,
    ordered.event_time,
    ordered.artifact_id,
    ordered.record_no
