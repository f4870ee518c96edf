-- ---
-- id: aic-prompt-or-flow-tamper
-- version: 1.0.0
-- title: Managed prompt or flow changed
-- status: stable
-- severity: high
-- element: ai-changes
-- attack: [T1565.001]
-- atlas: [AML.T0081, AML.T0110]
-- description: >-
--   Finds managed prompts and flows that anyone but the deployment roles created, changed, published or deleted:
--   critical when an identity that never made such a change touches one that calls used before, high when either holds,
--   medium otherwise. Misses prompts that the application keeps in its own code, uses that the trail does not select,
--   and refused calls.
-- requires:
--   cloudtrail_event: needed
--   bedrock_invocation: optional
--   named_set: optional
--   ref_principal: helpful
-- preconditions:
--   - query: >-
--       select coalesce(min(event_time) <= coalesce($base_to::timestamptz, $case_from::timestamptz)
--       - interval 7 days, false) from cloudtrail_event
--     otherwise: partial
--     reason: less than seven days of CloudTrail before the case, so unseen may only mean unrecorded
-- parameters:
--   case_from: {type: timestamptz, default: case, description: start of the period of interest}
--   base_from: {type: timestamptz, default: case, description: start of the baseline}
--   base_to: {type: timestamptz, default: case, description: end of the baseline; the start of the case when empty}
-- false_positives:
--   - Prompt engineers at work.
-- references:
--   - https://docs.aws.amazon.com/bedrock/latest/APIReference/API_agent_UpdatePrompt.html
-- changelog:
--   1.0.0: first version
-- ---
with event as (
    select
        event_time,
        event_source,
        event_name,
        regexp_extract(
            coalesce(
                request_parameters ->> '$.promptIdentifier',
                request_parameters ->> '$.flowIdentifier',
                response_elements ->> '$.id',
                request_parameters ->> '$.name'
            ),
            '([^/:]+)(?::[0-9]+)?$',
            1
        ) as resource,
        principal,
        credential,
        source_ip_address,
        aws_region,
        recipient_account_id,
        error_code,
        request_parameters as request,
        artifact_id,
        record_no
    from cloudtrail_event as event
    where event_source = 'bedrock.amazonaws.com'
        and event_name in (select member from named_set where name = 'PROMPT_CHANGE')
        and error_code is null
        and not exists (
            select 1
            from ref_principal as known
            where known.class in ('ci', 'pipeline')
                and principal_matches(known.principal, event.principal)
        )
),
habit as (
    select distinct
        principal,
        event_name
    from event
    where event_time < coalesce($base_to::timestamptz, $case_from::timestamptz)
        and ($base_from::timestamptz is null or event_time >= $base_from::timestamptz)
),
call as (
    select
        coalesce(
            request_parameters ->> '$.promptIdentifier',
            request_parameters ->> '$.flowIdentifier',
            case
                when contains(request_parameters ->> '$.modelId', ':prompt/')
                then request_parameters ->> '$.modelId'
            end
        ) as uri,
        event_time
    from cloudtrail_event
    where event_source = 'bedrock.amazonaws.com'
        and (
            event_name in ('RenderPrompt', 'InvokeFlow', 'StartFlowExecution')
            or event_name in (select member from named_set where name = 'INVOKE_RT')
            and contains(request_parameters ->> '$.modelId', ':prompt/')
        )
        and error_code is null
        and exists (from event)
    union all
    select
        model_id as uri,
        event_time
    from bedrock_invocation
    where contains(model_id, ':prompt/')
),
use as (
    select
        event.artifact_id,
        event.record_no,
        count(*) as uses,
        max(call.event_time) as last_use
    from event
    join call
        on regexp_extract(call.uri, '([^/:]+)(?::[0-9]+)?$', 1) = event.resource
        and call.event_time <= event.event_time
    group by
        event.artifact_id,
        event.record_no
),
compared as (
    select
        event.*,
        coalesce(
            event.event_time >= coalesce($base_to::timestamptz, $case_from::timestamptz)
            and habit.principal is null,
            false
        ) as is_unseen
    from event
    left join habit
        on habit.principal = event.principal
        and habit.event_name is not distinct from event.event_name
),
judged as (
    select
        compared.*,
        coalesce(use.uses, 0) as uses,
        use.last_use,
        list_filter(
            [
                case
                    when starts_with(event_name, 'Create') then 'created'
                    when starts_with(event_name, 'Delete') then 'deleted'
                    when starts_with(event_name, 'Prepare') or contains(event_name, 'Alias') then 'published'
                    else 'changed'
                end
            ],
            lambda reason : reason is not null
        ) as reason
    from compared
    left join use
        on use.artifact_id = compared.artifact_id
        and use.record_no = compared.record_no
),
finding as (
    select
        resource,
        principal,
        max(
            case
                when is_unseen and uses > 0 then 5
                when is_unseen or uses > 0 then 4
                else 3
            end
        ) as rank,
        list_sort(
            list_distinct(flatten(list(reason order by event_time, artifact_id, record_no)))
        ) as reason,
        bool_or(is_unseen) as is_unseen,
        max(uses) as uses,
        max(last_use) as last_use,
        distinct_values(event_name) as event_name,
        min(event_time) as first_seen,
        max(event_time) as last_seen,
        count(*) as event_count,
        distinct_values(credential) as credential,
        distinct_values(source_ip_address) as address,
        distinct_values(aws_region) as region,
        min(recipient_account_id) as account_id,
        list(
            {'table': 'cloudtrail_event', 'artifact_id': artifact_id, 'record_no': record_no}
            order by event_time, artifact_id, record_no
        ) as records
    from judged
    where len(reason) > 0
    group by
        resource,
        principal
)
select
    'prompt' as entity_type,
    coalesce(resource, event_name[1]) as entity,
    ['info', 'low', 'medium', 'high', 'critical'][rank] as severity,
    first_seen,
    last_seen,
    event_count,
    short_name(principal)
    || ' made '
    || counted(event_count, 'call') || ' (' || named(event_name) || ')'
    || coalesce(' on ' || resource, '')
    || coalesce(': ' || nullif(named(reason), ''), '')
    || case when is_unseen then '; never before the case' else '' end
    || coalesce('; used before, last at ' || moment(last_use), '') as summary,
    records,
    principal as actor,
    case when len(address) = 1 then address[1] end as source_ip,
    case when len(region) = 1 then region[1] end as region,
    account_id,
    resource,
    {
        'event_names': event_name,
        'reasons': reason,
        'unseen': is_unseen,
        'uses_before': uses,
        'last_use': last_use,
        'regions': region,
        'credentials': credential,
        'addresses': address
    } as metrics
from finding
order by
    first_seen,
    entity,
    actor
