-- ---
-- id: agy-unauthorized-function
-- version: 1.0.0
-- title: Function invoked that no agent or design has
-- status: stable
-- severity: high
-- element: agency
-- attack: [T1648]
-- atlas: [AML.T0053, AML.T0110]
-- description: >-
--   Finds invocations of Lambda functions by Bedrock and by the roles of agents and tools, of functions that are in no
--   action group of the agent, no AgentCore gateway target and no design of reference/design.csv; one finding per identity
--   and function, medium when every invocation was refused. A function of an action group that CloudTrail saw being made
--   is still a finding and says so. Misses tools that are no Lambda functions, and invocations that no trail records.
-- requires:
--   cloudtrail_event: needed
--   api_snapshot: optional
--   ref_design: optional
--   v_ai_role: optional
-- preconditions:
--   - query: >-
--       select exists (from ref_design where kind = 'function')
--       or exists (from api_snapshot where operation in ('get-agent-action-group', 'get-gateway-target'))
--     otherwise: not_evaluable
--     reason: >-
--       it is not known which functions agents may call; fill reference/design.csv or add get-agent-action-group
--   - query: >-
--       select count(*) > 0 from cloudtrail_event where event_source = 'lambda.amazonaws.com'
--       and event_category = 'Data'
--     otherwise: partial
--     reason: CloudTrail has no data events of Lambda, so invocations do not show
-- parameters: {}
-- false_positives:
--   - An action group that was added after the snapshots; look at the time of CreateAgentActionGroup.
-- references:
--   - https://docs.aws.amazon.com/bedrock/latest/userguide/agents-action-create.html
-- changelog:
--   1.0.0: first version
-- ---
with allowed as (
    select
        json ->> '$.agentActionGroup.agentId' as agent,
        function_name(json ->> '$.agentActionGroup.actionGroupExecutor.lambda') as function_name
    from api_snapshot
    where operation = 'get-agent-action-group'
    union
    select
        null as agent,
        function_name(json ->> '$.targetConfiguration.mcp.lambda.lambdaArn') as function_name
    from api_snapshot
    where operation = 'get-gateway-target'
    union
    select
        null as agent,
        function_name(target) as function_name
    from ref_design
    where kind = 'function'
),
created as (
    select
        function_name(request_parameters ->> '$.actionGroupExecutor.lambda') as function_name,
        min(event_time) as created_at
    from cloudtrail_event
    where event_source = 'bedrock.amazonaws.com'
        and event_name in ('CreateAgentActionGroup', 'UpdateAgentActionGroup')
        and error_code is null
    group by all
),
actor as (
    select
        principal,
        class
    from v_ai_role
    where list_has_any(class, ['tool_role', 'agent_role'])
),
invocation as (
    select
        event.event_time,
        event.principal,
        event.session_name,
        function_name(event.request_parameters ->> '$.functionName') as function_name,
        nullif(regexp_extract(event.request_parameters ->> '$.sourceArn', ':agent/([^/]+)', 1), '') as agent,
        event.request_parameters ->> '$.functionName' as resource,
        event.error_code,
        event.source_ip_address,
        event.aws_region,
        event.recipient_account_id,
        actor.class,
        event.artifact_id,
        event.record_no
    from cloudtrail_event as event
    left join actor
        on actor.principal = event.principal
    where event.event_source = 'lambda.amazonaws.com'
        and event.event_name in ('Invoke', 'InvokeAsync', 'InvokeWithResponseStream')
        and (
            actor.principal is not null
            or starts_with(event.invoked_by, 'bedrock')
            or starts_with(event.source_ip_address, 'bedrock')
            or starts_with(event.user_agent, 'bedrock')
        )
),
reported as (
    select *
    from invocation
    where function_name is not null
        and not exists (
            select 1
            from allowed
            where allowed.function_name = invocation.function_name
                and (
                    allowed.agent is null
                    or invocation.agent is null
                    or allowed.agent = invocation.agent
                )
        )
),
grouped as (
    select
        principal,
        function_name,
        agent,
        min(event_time) as first_seen,
        max(event_time) as last_seen,
        count(*) as event_count,
        count(error_code) as refused,
        any_value(class order by event_time, artifact_id, record_no) as class,
        distinct_values(session_name) as session_name,
        distinct_values(source_ip_address) as address,
        distinct_values(aws_region) as region,
        min(recipient_account_id) as account_id,
        min(resource) as resource,
        list(
            {'table': 'cloudtrail_event', 'artifact_id': artifact_id, 'record_no': record_no}
            order by event_time, artifact_id, record_no
        ) as records
    from reported
    group by
        principal,
        function_name,
        agent
)
select
    'function' as entity_type,
    grouped.function_name as entity,
    case when grouped.refused = grouped.event_count then 'medium' else 'high' end as severity,
    grouped.first_seen,
    grouped.last_seen,
    grouped.event_count,
    case
        when starts_with(grouped.principal, 'service:')
            then short_source(grouped.principal[9:]) || coalesce(' for agent ' || grouped.agent, '')
        else short_name(grouped.principal)
            || case
                when len(grouped.session_name) > 0
                    then ' (' || array_to_string(grouped.session_name, ', ') || ')'
                else ''
            end
    end
    || case when grouped.refused = grouped.event_count then ' was refused function ' else ' invoked function ' end
    || grouped.function_name
    || case grouped.event_count
        when 1 then ' at ' || moment(grouped.first_seen)
        else ' ' || counted(grouped.event_count, 'time')
    end
    || ', which no action group and no design has'
    || coalesce('; an action group with it was made at ' || moment(created.created_at), '') as summary,
    grouped.records,
    grouped.principal as actor,
    case when len(grouped.address) = 1 then grouped.address[1] end as source_ip,
    case when len(grouped.region) = 1 then grouped.region[1] end as region,
    grouped.account_id,
    grouped.resource,
    {
        'agent': grouped.agent,
        'refused': grouped.refused,
        'sessions': grouped.session_name,
        'role_classes': coalesce(grouped.class, []),
        'addresses': grouped.address,
        'action_group_made': created.created_at
    } as metrics
from grouped
left join created
    on created.function_name = grouped.function_name
order by
    first_seen,
    entity,
    actor,
    grouped.agent
