-- Roles that AI workloads act through, in the spelling of the records that they appear in: those that
-- reference/principal.csv calls ai_role, tool_role or agent_role, those that an AI service may assume, those of functions
-- that an agent calls, and those with the names that the consoles of AI services give.

create or replace view v_ai_role as
with pattern as materialized (
    select
        principal as pattern,
        class,
        'reference/principal.csv' as origin
    from ref_principal
    where class in ('ai_role', 'tool_role', 'agent_role')
    union
    select
        principal_arn as pattern,
        'ai_role' as class,
        'trust policy' as origin
    from iam_statement
    where policy_kind = 'trust'
        and effect = 'Allow'
        and list_has_any(
            principals,
            [
                'Service:bedrock.amazonaws.com',
                'Service:bedrock-agentcore.amazonaws.com',
                'Service:sagemaker.amazonaws.com'
            ]
        )
    union
    select
        settings.json ->> '$.Role' as pattern,
        'tool_role' as class,
        'action group of agent ' || (action_group.json ->> '$.agentActionGroup.agentId') as origin
    from api_snapshot as action_group
    join api_snapshot as settings
        on settings.service = 'lambda'
        and settings.operation = 'get-function-configuration'
        and function_name(settings.json ->> '$.FunctionArn')
            = function_name(action_group.json ->> '$.agentActionGroup.actionGroupExecutor.lambda')
    where action_group.service = 'bedrock-agent'
        and action_group.operation = 'get-agent-action-group'
),
seen as materialized (
    select
        principal,
        principal_key(principal) as key
    from (
        select principal
        from cloudtrail_event
        where identity_type = 'AssumedRole'
        union
        select principal
        from s3_access
        where contains(principal, ':role/')
        union
        select arn as principal
        from iam_principal
        where principal_type = 'role'
    )
    where principal is not null
),
matched as (
    select
        seen.principal,
        pattern.class,
        pattern.origin
    from seen
    join pattern
        on principal_key(pattern.pattern) = seen.key
    union
    select
        seen.principal,
        pattern.class,
        pattern.origin
    from seen
    join pattern
        on contains(pattern.pattern, '*')
        and principal_matches(pattern.pattern, seen.principal)
    union
    select
        principal,
        'ai_role' as class,
        'name' as origin
    from seen
    where regexp_matches(
        role_name(principal),
        '^(AmazonBedrockExecutionRole|AmazonSageMaker-ExecutionRole|AmazonBedrockAgentCore|AmazonBedrockStudio)'
        || '|AgentCore'
    )
)
select
    principal,
    distinct_values(class) as class,
    distinct_values(origin) as origin
from matched
group by principal;
comment on view v_ai_role is 'Roles that AI workloads act through, with what says so.';
