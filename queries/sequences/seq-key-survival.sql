-- ---
-- id: seq-key-survival
-- version: 1.0.0
-- title: A Bedrock API key that outlives the containment
-- status: stable
-- element: access
-- attack: [T1098.001, T1136.003]
-- atlas: [AML.T0012]
-- description: >-
--   Finds users of Bedrock API keys that a credential made, that got their API key and used it, and whose use went
--   on after the credential that made them was switched off or deleted. Misses users whose maker was contained by a
--   policy alone.
-- requires:
--   cloudtrail_event: needed
--   v_kin: optional
-- steps:
--   - {name: creates the user of an API key}
--   - {name: creates the API key}
--   - {name: creates an access key for the same user, optional: true}
--   - {name: uses the API key}
--   - {name: the maker is contained}
--   - {name: uses the API key again}
-- scenarios: [leaked-key, unauthorized-model-access]
-- parameters:
--   max_span: {type: interval, default: 30 days, description: longest time from the first to the last step}
-- changelog:
--   1.0.0: first version
-- ---
with birth as (
    select
        request_parameters ->> '$.userName' as entity,
        credential as maker,
        event_time,
        call_summary(principal, event_name, error_code, source_ip_address) as summary,
        'cloudtrail_event' as "table",
        artifact_id,
        record_no
    from cloudtrail_event
    where event_source = 'iam.amazonaws.com'
        and event_name = 'CreateUser'
        and error_code is null
        and starts_with(request_parameters ->> '$.userName', 'BedrockAPIKey-')
),
maker as (
    select
        entity,
        maker as credential
    from birth
    union
    select
        birth.entity,
        kin.ancestor
    from birth
    join v_kin as kin
        on kin.descendant = birth.maker
),
containment as (
    select
        maker.entity,
        event_time,
        call_summary(principal, event_name, error_code, source_ip_address) as summary,
        'cloudtrail_event' as "table",
        artifact_id,
        record_no
    from cloudtrail_event
    join maker
        on maker.credential = (request_parameters ->> '$.accessKeyId')
    where event_source = 'iam.amazonaws.com'
        and error_code is null
        and (
            event_name = 'DeleteAccessKey'
            or event_name = 'UpdateAccessKey'
            and (request_parameters ->> '$.status') = 'Inactive'
        )
),
use as (
    select
        birth.entity,
        event.event_time,
        call_summary(event.principal, event.event_name, event.error_code, event.source_ip_address) as summary,
        'cloudtrail_event' as "table",
        event.artifact_id,
        event.record_no
    from cloudtrail_event as event
    join birth
        on ends_with(event.credential, ':user/' || birth.entity || '#bearer')
    where event.error_code is null
),
seen as (
    select
        birth.entity,
        1 as step_no,
        birth.* exclude (entity, maker)
    from birth
    union all
    select
        request_parameters ->> '$.userName' as entity,
        case when event_name = 'CreateAccessKey' then 3 else 2 end as step_no,
        event_time,
        call_summary(principal, event_name, error_code, source_ip_address) as summary,
        'cloudtrail_event' as "table",
        artifact_id,
        record_no
    from cloudtrail_event
    where event_source = 'iam.amazonaws.com'
        and event_name in ('CreateServiceSpecificCredential', 'CreateAccessKey')
        and error_code is null
        and (request_parameters ->> '$.userName') in (select entity from birth)
    union all
    select
        use.entity,
        case when use.event_time > ended.event_time then 6 else 4 end as step_no,
        use.* exclude (entity)
    from use
    left join (
        select
            entity,
            min(event_time) as event_time
        from containment
        group by entity
    ) as ended
        on ended.entity = use.entity
    union all
    select
        entity,
        5 as step_no,
        containment.* exclude (entity)
    from containment
)
select
    'user' as entity_type,
    *
from sequence_records('seen', [1, 2, 4, 5, 6], $max_span::interval)
order by
    started,
    entity,
    step_no,
    event_time,
    "table",
    artifact_id,
    record_no
