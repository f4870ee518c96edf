-- ---
-- id: aic-guardrail-weakened
-- version: 1.0.0
-- title: Guardrail policy weakened
-- status: stable
-- severity: high
-- element: ai-changes
-- attack: [T1562.001]
-- atlas: [AML.T0054]
-- description: >-
--   Finds changes that weaken a guardrail, setting by setting against the last recorded configuration: a lower filter
--   strength, action, threshold or tier, a filter, topic, word, data type or pattern that is gone, a blocked message that is
--   empty, and, without anything to compare with, a prompt attack filter that is off. A change whose content the trail hides
--   and another enforced guardrail are medium. Misses weaker wording of a denied topic or of a pattern, and what changed
--   between a configuration before the evidence and the first recorded one.
-- requires:
--   cloudtrail_event: needed
-- parameters: {}
-- false_positives:
--   - Tuning against false alarms; expect a ticket.
-- references:
--   - https://docs.aws.amazon.com/bedrock/latest/APIReference/API_UpdateGuardrail.html
-- changelog:
--   1.0.0: first version
-- ---
with change as (
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
        nullif(request_parameters ->> '$.name', 'HIDDEN_DUE_TO_SECURITY_REASONS') as guardrail_name,
        request_parameters as request,
        principal,
        credential,
        source_ip_address,
        aws_region,
        recipient_account_id,
        artifact_id,
        record_no,
        row(event_time, artifact_id, record_no) as position
    from cloudtrail_event
    where event_source = 'bedrock.amazonaws.com'
        and event_name in ('CreateGuardrail', 'UpdateGuardrail')
        and error_code is null
),
-- An update replaces the whole configuration, and the messages are mandatory: a request without them is not recorded.
recorded as (
    select
        *,
        coalesce(
            list_contains(
                json_keys(request),
                'blockedInputMessaging'
            )
            or list_contains(json_keys(request), 'contentPolicyConfig'),
            false
        ) as is_recorded,
        list_filter(
            [
                'contentPolicyConfig',
                'topicPolicyConfig',
                'wordPolicyConfig',
                'sensitiveInformationPolicyConfig',
                'contextualGroundingPolicyConfig'
            ],
            lambda section : contains(
                coalesce(request ->> ('$.' || section), ''),
                'HIDDEN_DUE_TO_SECURITY_REASONS'
            )
        ) as hidden_section
    from change
),
chained as (
    select
        *,
        lag(case when is_recorded then position end ignore nulls) over same_guardrail
            as previous_of_guardrail,
        lag(case when is_recorded then position end ignore nulls) over same_name
            as previous_of_name
    from recorded
    window
        same_guardrail as (
            partition by recipient_account_id, aws_region, guardrail
            order by event_time, artifact_id, record_no
        ),
        same_name as (
            partition by recipient_account_id, aws_region, guardrail_name
            order by event_time, artifact_id, record_no
        )
),
version as (
    select
        *,
        -- A new guardrail under the name of an older one replaces it.
        coalesce(
            previous_of_guardrail,
            case
                when event_name = 'CreateGuardrail' and guardrail_name is not null
                then previous_of_name
            end
        ) as previous
    from chained
),
entry as (
    select
        position,
        'contentPolicyConfig' as section,
        'content filter ' || (item ->> '$.type') as entry,
        item,
        [
            'inputStrength',
            'outputStrength',
            'inputAction',
            'outputAction',
            'inputEnabled',
            'outputEnabled'
        ] as field
    from (
        select
            position,
            unnest(try_cast(request -> '$.contentPolicyConfig.filtersConfig' as json[])) as item
        from version
        where is_recorded
    )
    union all
    select
        position,
        'topicPolicyConfig',
        'denied topic ' || (item ->> '$.name'),
        item,
        ['inputAction', 'outputAction', 'inputEnabled', 'outputEnabled']
    from (
        select
            position,
            unnest(try_cast(request -> '$.topicPolicyConfig.topicsConfig' as json[])) as item
        from version
        where is_recorded
    )
    union all
    select
        position,
        'wordPolicyConfig',
        'word ' || (item ->> '$.text'),
        item,
        ['inputAction', 'outputAction', 'inputEnabled', 'outputEnabled']
    from (
        select
            position,
            unnest(try_cast(request -> '$.wordPolicyConfig.wordsConfig' as json[])) as item
        from version
        where is_recorded
    )
    union all
    select
        position,
        'wordPolicyConfig',
        'word list ' || (item ->> '$.type'),
        item,
        ['inputAction', 'outputAction', 'inputEnabled', 'outputEnabled']
    from (
        select
            position,
            unnest(try_cast(request -> '$.wordPolicyConfig.managedWordListsConfig' as json[]))
            as item
        from version
        where is_recorded
    )
    union all
    select
        position,
        'sensitiveInformationPolicyConfig',
        'data type ' || (item ->> '$.type'),
        item,
        ['inputAction', 'outputAction', 'inputEnabled', 'outputEnabled']
    from (
        select
            position,
            unnest(
                try_cast(request -> '$.sensitiveInformationPolicyConfig.piiEntitiesConfig' as json[])
            ) as item
        from version
        where is_recorded
    )
    union all
    select
        position,
        'sensitiveInformationPolicyConfig',
        'pattern ' || (item ->> '$.name'),
        item,
        ['inputAction', 'outputAction', 'inputEnabled', 'outputEnabled']
    from (
        select
            position,
            unnest(
                try_cast(request -> '$.sensitiveInformationPolicyConfig.regexesConfig' as json[])
            ) as item
        from version
        where is_recorded
    )
    union all
    select
        position,
        'contextualGroundingPolicyConfig',
        'grounding ' || (item ->> '$.type'),
        item,
        ['threshold', 'action', 'enabled']
    from (
        select
            position,
            unnest(
                try_cast(request -> '$.contextualGroundingPolicyConfig.filtersConfig' as json[])
            ) as item
        from version
        where is_recorded
    )
),
setting as (
    select
        position,
        section,
        entry,
        field,
        case
            when field in ('inputAction', 'outputAction')
            then coalesce(item ->> ('$.' || field), item ->> '$.action', 'BLOCK')
            when field = 'action' then coalesce(item ->> '$.action', 'BLOCK')
            when field in ('inputEnabled', 'outputEnabled', 'enabled')
            then coalesce(item ->> ('$.' || field), 'true')
            else coalesce(item ->> ('$.' || field), 'NONE')
        end as value
    from (
        select
            position,
            section,
            entry,
            item,
            unnest(field) as field
        from entry
        where entry is not null
    )
    union all
    -- A content filter without any strength is as good as none.
    select
        position,
        section,
        entry,
        'presence',
        case
            when section = 'contentPolicyConfig'
                and coalesce(item ->> '$.inputStrength', 'NONE') = 'NONE'
                and coalesce(item ->> '$.outputStrength', 'NONE') = 'NONE'
            then 'absent'
            else 'present'
        end
    from entry
    where entry is not null
    union all
    select
        position,
        section,
        section || ' tier',
        'tier',
        coalesce(request ->> ('$.' || section || '.tierConfig.tierName'), 'CLASSIC')
    from version
    cross join (select unnest(['contentPolicyConfig', 'topicPolicyConfig']) as section)
    where is_recorded
        and json_type(request, '$.' || section) = 'OBJECT'
    union all
    select
        position,
        message,
        case message
            when 'blockedInputMessaging' then 'message for blocked input'
            else 'message for blocked output'
        end,
        'presence',
        case
            when coalesce(trim(request ->> ('$.' || message)), '') = '' then 'absent'
            else 'present'
        end
    from version
    cross join (select unnest(['blockedInputMessaging', 'blockedOutputsMessaging']) as message)
    where is_recorded
),
ranked as (
    select
        *,
        case value
            when 'NONE' then 0
            when 'false' then 0
            when 'CLASSIC' then 0
            when 'absent' then 0
            when 'LOW' then 1
            when 'ANONYMIZE' then 1
            when 'true' then 1
            when 'STANDARD' then 1
            when 'present' then 1
            when 'MEDIUM' then 2
            when 'BLOCK' then 2
            when 'HIGH' then 3
            else try_cast(value as double)
        end as strength
    from setting
),
weakening as (
    select
        version.position,
        before.entry,
        case when before.field = 'presence' then 'present' else before.value end as old_value,
        coalesce(after.value, 'absent') as new_value,
        before.field
    from version
    join ranked as before
        on before.position = version.previous
    left join ranked as after
        on after.position = version.position
        and after.entry = before.entry
        and after.field = before.field
    where version.is_recorded
        and not list_contains(version.hidden_section, before.section)
        and before.strength > coalesce(after.strength, 0)
        -- What is gone is told once, by its presence; what is switched off, by the setting that did it.
        and case
            when before.field <> 'presence' then after.value is not null
            when before.section = 'contentPolicyConfig' then after.value is null
            else true
        end
    union all
    select
        version.position,
        ranked.entry,
        'unknown',
        ranked.value,
        ranked.field
    from version
    join ranked
        on ranked.position = version.position
    where version.previous is null
        and (
            ranked.entry = 'content filter PROMPT_ATTACK'
            and ranked.field = 'inputStrength'
            and ranked.value = 'NONE'
            or ranked.entry = 'message for blocked input'
            and ranked.value = 'absent'
        )
),
described as (
    select
        position,
        entry,
        old_value,
        new_value,
        list(field order by field) as field
    from weakening
    group by
        position,
        entry,
        old_value,
        new_value
),
difference as (
    select
        position,
        list(
            {'setting': entry, 'fields': field, 'before': old_value, 'after': new_value}
            order by entry, field
        ) as diff
    from described
    group by position
),
finding as (
    select
        version.*,
        difference.diff,
        difference.diff is null as is_unknown
    from version
    left join difference
        on difference.position = version.position
    where difference.diff is not null
        or version.event_name = 'UpdateGuardrail'
        and (not version.is_recorded or len(version.hidden_section) > 0)
),
enforced as (
    select
        event_time,
        event_name,
        regexp_replace(
            coalesce(
                request_parameters ->> '$.guardrailInferenceConfig.guardrailIdentifier',
                request_parameters ->> '$.guardrailIdentifier'
            ),
            '^arn:.*:guardrail/',
            ''
        ) as guardrail,
        coalesce(
            request_parameters ->> '$.guardrailInferenceConfig.guardrailVersion',
            request_parameters ->> '$.guardrailVersion'
        ) as guardrail_version,
        coalesce(
            request_parameters ->> '$.guardrailInferenceConfig.inputTags',
            request_parameters ->> '$.inputTags'
        ) as input_tags,
        principal,
        credential,
        source_ip_address,
        aws_region,
        recipient_account_id,
        artifact_id,
        record_no
    from cloudtrail_event
    where event_source = 'bedrock.amazonaws.com'
        and event_name = 'PutEnforcedGuardrailConfiguration'
        and error_code is null
),
replaced as (
    select
        *,
        lag(row(guardrail, guardrail_version, input_tags)) over same_account as previous
    from enforced
    window same_account as (
        partition by recipient_account_id, aws_region
        order by event_time, artifact_id, record_no
    )
),
united as (
    select
        event_time,
        event_name,
        guardrail,
        principal,
        credential,
        source_ip_address,
        aws_region,
        recipient_account_id,
        artifact_id,
        record_no,
        not is_unknown as is_weaker,
        diff,
        case
            when is_unknown then 'the record does not say how'
            else array_to_string(
                list_transform(
                    diff,
                    lambda each : each.setting
                    || case
                        when list_contains(each.fields, 'presence') then ''
                        else ' ' || array_to_string(each.fields, ', ')
                    end
                    || ' ' || each.before || ' to ' || each.after
                ),
                '; '
            )
        end as text
    from finding
    union all
    select
        event_time,
        event_name,
        guardrail,
        principal,
        credential,
        source_ip_address,
        aws_region,
        recipient_account_id,
        artifact_id,
        record_no,
        input_tags = 'HONOR' and previous[3] = 'IGNORE',
        [
            {
                'setting': 'enforced guardrail',
                'fields': ['guardrail', 'version', 'input tags'],
                'before': concat_ws(' ', previous[1], previous[2], previous[3]),
                'after': concat_ws(' ', guardrail, guardrail_version, input_tags)
            }
        ],
        'the enforced guardrail ' || concat_ws(' ', previous[1], previous[2], previous[3])
        || ' became ' || concat_ws(' ', guardrail, guardrail_version, input_tags)
    from replaced
    where previous is not null
        and row(guardrail, guardrail_version, input_tags) is distinct from previous
)
select
    'guardrail' as entity_type,
    guardrail as entity,
    case when is_weaker then 'high' else 'medium' end as severity,
    event_time as first_seen,
    event_time as last_seen,
    1::bigint as event_count,
    short_name(principal) || case
        when is_weaker then ' weakened guardrail '
        else ' changed guardrail '
    end || coalesce(guardrail, 'of unknown id') || ': ' || text as summary,
    [
        {'table': 'cloudtrail_event', 'artifact_id': artifact_id, 'record_no': record_no}
    ] as records,
    principal as actor,
    source_ip_address as source_ip,
    aws_region as region,
    recipient_account_id as account_id,
    guardrail as resource,
    {
        'event_name': event_name,
        'status': case when is_weaker then 'weakened' else 'changed_unknown' end,
        'diff': coalesce(diff, []),
        'credential': credential
    } as metrics
from united
order by
    first_seen,
    entity,
    artifact_id,
    record_no
