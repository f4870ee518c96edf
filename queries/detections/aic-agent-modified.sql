-- ---
-- id: aic-agent-modified
-- version: 1.0.0
-- title: Bedrock agent changed
-- status: stable
-- severity: high
-- element: ai-changes
-- attack: [T1505, T1565.001]
-- atlas: [AML.T0081, AML.T0110]
-- description: >-
--   Finds changes of agents, their action groups, collaborators, knowledge bases and aliases by anyone but the
--   deployment roles, compared with the state before: another instruction, model, role or function, a guardrail that is
--   gone, an orchestration prompt that is overridden. Critical when an identity that never made such a change updates,
--   prepares and publishes an agent within hours; high when such a change or an unseen identity is found; medium
--   otherwise. Misses what CloudTrail hides of the instruction, and refused calls.
-- requires:
--   cloudtrail_event: needed
--   api_snapshot: optional
--   named_set: optional
--   ref_principal: helpful
-- preconditions:
--   - query: >-
--       select coalesce(min(event_time) <= coalesce($base_to::timestamptz, $case_from::timestamptz)
--       - interval 7 days, false) from cloudtrail_event
--     otherwise: partial
--     reason: less than seven days of CloudTrail before the case, so unseen may only mean unrecorded
-- parameters:
--   span: {type: interval, default: 2 hours, description: time from the update to the alias}
--   case_from: {type: timestamptz, default: case, description: start of the period of interest}
--   base_from: {type: timestamptz, default: case, description: start of the baseline}
--   base_to: {type: timestamptz, default: case, description: end of the baseline; the start of the case when empty}
-- false_positives:
--   - Release pipelines that reference/principal.csv does not list as ci.
-- references:
--   - https://docs.aws.amazon.com/bedrock/latest/APIReference/API_agent_UpdateAgent.html
-- changelog:
--   1.0.0: first version
-- ---
with event as (
    select
        event_time,
        event_source,
        event_name,
        coalesce(
            request_parameters ->> '$.agentId',
            response_elements ->> '$.agent.agentId',
            request_parameters ->> '$.agentName'
        ) as resource,
        sha256(request_parameters ->> '$.instruction') as instruction,
        request_parameters ->> '$.foundationModel' as model,
        request_parameters ->> '$.agentResourceRoleArn' as role,
        request_parameters ->> '$.guardrailConfiguration.guardrailIdentifier' as guardrail,
        function_name(request_parameters ->> '$.actionGroupExecutor.lambda') as function_name,
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
        and event_name in (select member from named_set where name = 'AGENT_CHANGE')
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
-- What an agent was, by earlier changes of anybody and by collected answers.
state as (
    select
        request_parameters ->> '$.agentId' as resource,
        event_time,
        artifact_id,
        record_no,
        sha256(request_parameters ->> '$.instruction') as instruction,
        request_parameters ->> '$.foundationModel' as model,
        request_parameters ->> '$.agentResourceRoleArn' as role,
        case
            when event_name in ('CreateAgent', 'UpdateAgent')
            then coalesce(request_parameters ->> '$.guardrailConfiguration.guardrailIdentifier', '')
        end as guardrail,
        function_name(request_parameters ->> '$.actionGroupExecutor.lambda') as function_name
    from cloudtrail_event
    where event_source = 'bedrock.amazonaws.com'
        and event_name in (
            'CreateAgent',
            'UpdateAgent',
            'CreateAgentActionGroup',
            'UpdateAgentActionGroup'
        )
        and error_code is null
    union all
    select
        coalesce(json ->> '$.agent.agentId', json ->> '$.agentActionGroup.agentId') as resource,
        collected_at as event_time,
        artifact_id,
        record_no,
        sha256(json ->> '$.agent.instruction') as instruction,
        json ->> '$.agent.foundationModel' as model,
        json ->> '$.agent.agentResourceRoleArn' as role,
        case
            when operation = 'get-agent'
            then coalesce(json ->> '$.agent.guardrailConfiguration.guardrailIdentifier', '')
        end as guardrail,
        function_name(json ->> '$.agentActionGroup.actionGroupExecutor.lambda') as function_name
    from api_snapshot
    where service = 'bedrock-agent'
        and operation in ('get-agent', 'get-agent-action-group')
        and collected_at is not null
),
earlier as (
    select
        event.artifact_id,
        event.record_no,
        arg_max(state.instruction, row(state.event_time, state.artifact_id, state.record_no)) as instruction,
        arg_max(state.model, row(state.event_time, state.artifact_id, state.record_no)) as model,
        arg_max(state.role, row(state.event_time, state.artifact_id, state.record_no)) as role,
        arg_max(state.guardrail, row(state.event_time, state.artifact_id, state.record_no)) as guardrail,
        arg_max(state.function_name, row(state.event_time, state.artifact_id, state.record_no))
            as function_name
    from event
    join state
        on state.resource = event.resource
        and state.event_time < event.event_time
    group by
        event.artifact_id,
        event.record_no
),
-- Update, preparation and alias of one agent by one identity, in this order.
release as (
    select
        updated.resource,
        updated.principal,
        min(updated.event_time) as updated_at,
        min(prepared.event_time) as prepared_at,
        min(published.event_time) as published_at
    from event as updated
    join event as prepared
        on prepared.resource = updated.resource
        and prepared.principal = updated.principal
        and prepared.event_name = 'PrepareAgent'
        and prepared.event_time >= updated.event_time - interval 1 second
    join event as published
        on published.resource = updated.resource
        and published.principal = updated.principal
        and published.event_name in ('UpdateAgentAlias', 'CreateAgentAlias')
        and published.event_time >= prepared.event_time - interval 1 second
        and published.event_time <= updated.event_time + $span::interval
    where updated.event_name in ('UpdateAgent', 'UpdateAgentActionGroup', 'CreateAgentActionGroup')
    group by
        updated.resource,
        updated.principal
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
        release.updated_at,
        release.prepared_at,
        release.published_at,
        list_filter(
            [
                case
                    when event_name = 'UpdateAgent' and earlier.instruction <> compared.instruction
                    then 'other instruction'
                end,
                case
                    when event_name = 'UpdateAgent' and earlier.model <> compared.model
                    then 'other model ' || compared.model
                end,
                case
                    when event_name = 'UpdateAgent' and earlier.role <> compared.role
                    then 'other role ' || short_name(compared.role)
                end,
                case
                    when event_name = 'UpdateAgent' and earlier.guardrail <> '' and compared.guardrail is null
                    then 'guardrail ' || earlier.guardrail || ' gone'
                end,
                case
                    when contains(event_name, 'ActionGroup')
                        and earlier.function_name <> compared.function_name
                    then 'function ' || compared.function_name || ' instead of ' || earlier.function_name
                end,
                case
                    when list_has_any(
                            json_extract_string(
                                request,
                                '$.promptOverrideConfiguration.promptConfigurations[*].promptCreationMode'
                            )
                            || json_extract_string(
                                request,
                                '$.promptOverrideConfiguration.promptConfigurations[*].parserMode'
                            ),
                            ['OVERRIDDEN']
                        )
                    then 'orchestration prompt overridden'
                end
            ],
            lambda reason : reason is not null
        ) as reason
    from compared
    left join earlier
        on earlier.artifact_id = compared.artifact_id
        and earlier.record_no = compared.record_no
    left join release
        on release.resource = compared.resource
        and release.principal = compared.principal
),
finding as (
    select
        resource,
        principal,
        max(
            case
                when is_unseen and published_at is not null then 5
                when len(reason) > 0 or is_unseen then 4
                else 3
            end
        ) as rank,
        list_sort(
            list_distinct(flatten(list(reason order by event_time, artifact_id, record_no)))
        ) as reason,
        bool_or(is_unseen) as is_unseen,
        min(updated_at) as updated_at,
        min(prepared_at) as prepared_at,
        min(published_at) as published_at,
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
    where true
    group by
        resource,
        principal
)
select
    'agent' as entity_type,
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
    || case when is_unseen then '; never before the case' else '' end as summary,
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
        'updated': updated_at,
        'prepared': prepared_at,
        'published': published_at,
        'regions': region,
        'credentials': credential,
        'addresses': address
    } as metrics
from finding
order by
    first_seen,
    entity,
    actor
