-- ---
-- id: h-agent-capability-map
-- version: 1.0.0
-- title: What can this agent do, and what did it do?
-- status: stable
-- description: >-
--   Finds the reach of agents: their own role, the functions of their action groups with their roles, and the knowledge
--   bases, with the actions that policies allow to each role, the resources, and the calls that the role made. Misses
--   conditions and denials in policies, and what a function does inside itself.
-- requires:
--   api_snapshot: needed
--   v_iam_grant: helpful
--   cloudtrail_event: helpful
-- parameters:
--   agent: {type: text, default: null, description: id of the agent}
-- references: []
-- changelog:
--   1.0.0: first version
-- ---
with agent as (
    select distinct
        json ->> '$.agent.agentId' as agent_id,
        json ->> '$.agent.agentName' as agent_name,
        json ->> '$.agent.agentResourceRoleArn' as role_arn
    from api_snapshot
    where operation = 'get-agent'
        and error_code is null
),
action_group as (
    select distinct
        json ->> '$.agentActionGroup.agentId' as agent_id,
        json ->> '$.agentActionGroup.actionGroupName' as name,
        function_name(json ->> '$.agentActionGroup.actionGroupExecutor.lambda') as function_name
    from api_snapshot
    where operation = 'get-agent-action-group'
        and error_code is null
),
settings as (
    select distinct
        json ->> '$.FunctionName' as function_name,
        json ->> '$.Role' as role_arn
    from api_snapshot
    where operation = 'get-function-configuration'
        and error_code is null
),
reach as (
    select
        agent_id,
        'own role' as path,
        null as function_name,
        role_arn
    from agent
    union all
    select
        action_group.agent_id,
        'action group ' || action_group.name,
        action_group.function_name,
        settings.role_arn
    from action_group
    left join settings
        on settings.function_name = action_group.function_name
),
granted as (
    select distinct
        principal_key(principal_arn) as role,
        coalesce(policy_name, policy_arn) as policy,
        unnest(actions) as action,
        array_to_string(resources, ', ') as resources,
        artifact_id,
        record_no
    from v_iam_grant
    where effect = 'Allow'
        and policy_kind <> 'boundary'
),
did as (
    select
        principal_key(principal) as role,
        lower(short_source(event_source)) || ':' || case
            when event_source = 'lambda.amazonaws.com' and event_name = 'Invoke' then 'invokefunction'
            when event_source = 's3.amazonaws.com' and event_name = 'ListObjects' then 'listbucket'
            else lower(event_name)
        end as action,
        event_name,
        event_time
    from cloudtrail_event
    where principal_key(principal) in (select principal_key(role_arn) from reach)
)
select
    reach.agent_id,
    reach.path,
    reach.function_name,
    reach.role_arn,
    granted.policy,
    granted.action,
    granted.resources,
    count(did.event_time) as event_count,
    min(did.event_time) as first_seen,
    max(did.event_time) as last_seen,
    distinct_values(did.event_name) as used_calls,
    min(granted.artifact_id) as artifact_id,
    arg_min(granted.record_no, row(granted.artifact_id, granted.record_no)) as record_no
from reach
left join granted
    on granted.role = principal_key(reach.role_arn)
left join did
    on did.role = granted.role
    and did.action like replace(text_pattern(lower(granted.action)), '?', '_') escape '\'
where $agent::varchar is null
    or reach.agent_id = $agent::varchar
group by
    reach.agent_id,
    reach.path,
    reach.function_name,
    reach.role_arn,
    granted.policy,
    granted.action,
    granted.resources
order by
    reach.agent_id,
    reach.path,
    reach.role_arn,
    granted.action,
    granted.policy,
    granted.resources
