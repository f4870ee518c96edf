-- Guardrails that were deleted or weakened: an update counts as weaker by what the request before it or a snapshot set.
-- setting names what became weaker; null for a deletion.

create or replace view v_guardrail_weakening as
with event as (
    select
        event_time,
        event_name,
        regexp_replace(
            coalesce(
                request_parameters ->> '$.guardrailIdentifier',
                response_elements ->> '$.guardrailId'
            ),
            '^arn:.*:guardrail/',
            ''
        ) as guardrail,
        request_parameters as config,
        principal,
        source_ip_address,
        aws_region,
        recipient_account_id,
        artifact_id,
        record_no
    from cloudtrail_event
    where event_source = 'bedrock.amazonaws.com'
        and event_name in ('CreateGuardrail', 'UpdateGuardrail', 'DeleteGuardrail')
        and error_code is null
        and event_time is not null
),
-- States of a guardrail in time: what a request set, and what a snapshot saw.
state as (
    select
        guardrail,
        event_time as since,
        'e' || artifact_id || '.' || record_no as state,
        config -> '$.contentPolicyConfig.filtersConfig' as filters,
        config -> '$.sensitiveInformationPolicyConfig.piiEntitiesConfig' as entities,
        config -> '$.topicPolicyConfig.topicsConfig' as topics,
        config -> '$.wordPolicyConfig.wordsConfig' as words
    from event
    where event_name <> 'DeleteGuardrail'
    union all
    select
        coalesce("json" ->> '$.guardrailId', resource),
        collected_at,
        's' || artifact_id || '.' || record_no,
        "json" -> '$.contentPolicy.filters',
        "json" -> '$.sensitiveInformationPolicy.piiEntities',
        "json" -> '$.topicPolicy.topics',
        "json" -> '$.wordPolicy.words'
    from api_snapshot
    where service = 'bedrock'
        and operation = 'get-guardrail'
        and collected_at is not null
        and "json" is not null
),
entry as (
    select
        state,
        'filter ' || (item ->> '$.type') || side as setting,
        case item ->> ('$.' || substr(side, 2) || 'Strength')
            when 'HIGH' then 3
            when 'MEDIUM' then 2
            when 'LOW' then 1
            else 0
        end as strength
    from (
        select
            state,
            unnest(json_items(filters)) as item
        from state
    )
    cross join (select unnest([' input', ' output']) as side)
    union all
    select
        state,
        'data type ' || (item ->> '$.type'),
        case item ->> '$.action' when 'BLOCK' then 2 when 'ANONYMIZE' then 1 else 0 end
    from (
        select
            state,
            unnest(json_items(entities)) as item
        from state
    )
    union all
    select
        state,
        'topic ' || (item ->> '$.name'),
        1
    from (
        select
            state,
            unnest(json_items(topics)) as item
        from state
    )
    union all
    select
        state,
        'word ' || sha256(item ->> '$.text'),
        1
    from (
        select
            state,
            unnest(json_items(words)) as item
        from state
    )
),
update_pair as (
    select
        event.artifact_id,
        event.record_no,
        'e' || event.artifact_id || '.' || event.record_no as now_state,
        arg_max(state.state, row(state.since, state.state)) as old_state
    from event
    left join state
        on state.guardrail = event.guardrail
        and state.since < event.event_time
    where event.event_name = 'UpdateGuardrail'
    group by
        event.artifact_id,
        event.record_no
),
weaker as (
    select
        update_pair.artifact_id,
        update_pair.record_no,
        list(before.setting order by before.setting) as setting
    from update_pair
    join entry as before
        on before.state = update_pair.old_state
    left join entry as after
        on after.state = update_pair.now_state
        and after.setting = before.setting
    where before.strength > coalesce(after.strength, 0)
    group by
        update_pair.artifact_id,
        update_pair.record_no
    union all
    -- Without an earlier state, a filter for prompt attacks that lets everything in is weak enough.
    select
        update_pair.artifact_id,
        update_pair.record_no,
        ['filter PROMPT_ATTACK input'] as setting
    from update_pair
    join entry
        on entry.state = update_pair.now_state
    where update_pair.old_state is null
        and entry.setting = 'filter PROMPT_ATTACK input'
        and entry.strength = 0
)
select
    event.* exclude (config),
    weaker.setting,
    event.event_name = 'DeleteGuardrail' as is_deleted
from event
left join weaker
    on weaker.artifact_id = event.artifact_id
    and weaker.record_no = event.record_no
where event.event_name = 'DeleteGuardrail'
    or weaker.setting is not null;
comment on view v_guardrail_weakening is 'Calls that deleted or weakened a guardrail, with the settings that became weaker.';
