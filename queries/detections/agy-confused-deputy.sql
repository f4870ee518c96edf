-- ---
-- id: agy-confused-deputy
-- version: 1.0.0
-- title: Agent or tool role that can be misled or may do too much
-- status: stable
-- severity: medium
-- element: agency
-- attack: [T1098]
-- atlas: [AML.T0081]
-- description: >-
--   Finds roles, as last collected, that Bedrock, AgentCore or SageMaker may assume, and roles of AI workloads that
--   Lambda may, whose trust policy names neither aws:SourceAccount nor aws:SourceArn; functions that Bedrock may invoke
--   without aws:SourceArn; roles of AI workloads with all of SES, SNS or IAM, or with any Lambda function, on every
--   resource; and roles that several agents share. One finding per role or function, with all of its gaps. It says what
--   could be done, not that it was. Misses policies that are not in the evidence and conditions that look like a guard and
--   are none.
-- requires:
--   iam_statement: helpful
--   iam_principal: helpful
--   api_snapshot: helpful
--   v_iam_permission: optional
--   v_ai_role: optional
-- preconditions:
--   - query: select exists (from iam_statement) or exists (from api_snapshot)
--     otherwise: not_evaluable
--     reason: neither IAM details nor answers of AWS APIs are in the evidence
-- parameters: {}
-- false_positives:
--   - Roles that the console made before it wrote conditions into trust policies.
-- references:
--   - https://docs.aws.amazon.com/bedrock/latest/userguide/cross-service-confused-deputy-prevention.html
--   - https://docs.aws.amazon.com/bedrock/latest/userguide/agents-permissions.html
-- changelog:
--   1.0.0: first version
-- ---
with role as materialized (
    select
        principal_key(principal) as key,
        class
    from v_ai_role
),
latest_statement as (
    select *
    from iam_statement
    where policy_kind in ('trust', 'resource')
        and effect = 'Allow'
    qualify collected_at is not distinct from max(collected_at) over (partition by policy_kind, principal_arn)
),
guarded as (
    select
        *,
        condition_keys(conditions) as condition_keys
    from latest_statement
),
trust_gap as (
    select
        principal_arn as entity,
        'role' as entity_type,
        'trusts ' || array_to_string(
            list_sort(
                list_filter(
                    list_transform(
                        principals,
                        lambda name : regexp_extract(
                            name,
                            '^Service:(bedrock|bedrock-agentcore|sagemaker|lambda)\.amazonaws\.com$',
                            1
                        )
                    ),
                    lambda name : name <> ''
                )
            ),
            ' and '
        ) || ' without aws:SourceAccount or aws:SourceArn' as gap,
        'trust' as kind,
        'iam_statement' as source,
        collected_at,
        artifact_id,
        record_no
    from guarded
    where policy_kind = 'trust'
        and (
            list_has_any(
                principals,
                [
                    'Service:bedrock.amazonaws.com',
                    'Service:bedrock-agentcore.amazonaws.com',
                    'Service:sagemaker.amazonaws.com'
                ]
            )
            or list_contains(principals, 'Service:lambda.amazonaws.com')
            and principal_key(principal_arn) in (select key from role)
        )
        and not list_has_any(
            condition_keys,
            ['aws:sourceaccount', 'aws:sourcearn', 'aws:sourceorgid', 'aws:sourceorgpaths']
        )
),
function_gap as (
    select
        coalesce(function_name(resources[1]), principal_arn) as entity,
        'function' as entity_type,
        'may be invoked by ' || array_to_string(
            list_sort(
                list_transform(
                    list_filter(principals, lambda name : starts_with(name, 'Service:bedrock')),
                    lambda name : short_source(name[9:])
                )
            ),
            ' and '
        ) || ' for anybody, for want of aws:SourceArn' as gap,
        'function policy' as kind,
        'api_snapshot' as source,
        collected_at,
        artifact_id,
        record_no
    from guarded
    where policy_kind = 'resource'
        and list_has_any(principals, ['Service:bedrock.amazonaws.com', 'Service:bedrock-agentcore.amazonaws.com'])
        and len(list_filter(actions, lambda pattern : action_matches(pattern, 'lambda:InvokeFunction'))) > 0
        and not list_contains(condition_keys, 'aws:sourcearn')
),
wide as (
    select
        permission.principal,
        permission.action,
        permission.is_conditional,
        permission.collected_at,
        unnest(permission.statements) as statement,
        case
            when permission.action = 'lambda:invokefunction' then 'may invoke any Lambda function'
            when split_part(permission.action, ':', 1) = 'iam' then 'has iam:* on everything'
            else 'has ' || split_part(permission.action, ':', 1) || ':* on everything'
        end as gap
    from v_iam_permission as permission
    where permission.reach = 1.0
        and principal_key(permission.principal) in (select key from role)
        and (
            permission.action = 'lambda:invokefunction'
            or split_part(permission.action, ':', 1) in ('ses', 'sns', 'iam')
            and list_has_any(
                permission.patterns,
                ['*', '*:*', split_part(permission.action, ':', 1) || ':*']
            )
        )
),
permission_gap as (
    select
        principal as entity,
        'role' as entity_type,
        gap || case when bool_and(is_conditional) then ', under conditions' else '' end as gap,
        'permission' as kind,
        'iam_statement' as source,
        max(collected_at) as collected_at,
        statement.artifact_id as artifact_id,
        statement.record_no as record_no
    from wide
    group by
        principal,
        gap,
        statement.artifact_id,
        statement.record_no
),
agent as (
    select distinct on (agent_id)
        agent_id,
        role,
        collected_at,
        artifact_id,
        record_no
    from (
        select
            coalesce(json ->> '$.agent.agentId', json ->> '$.agentRuntimeId') as agent_id,
            coalesce(json ->> '$.agent.agentResourceRoleArn', json ->> '$.roleArn') as role,
            collected_at,
            artifact_id,
            record_no
        from api_snapshot
        where operation in ('get-agent', 'get-agent-runtime')
            and error_code is null
    )
    where agent_id is not null
        and role is not null
    order by
        agent_id,
        collected_at desc nulls last,
        artifact_id,
        record_no
),
shared as (
    select
        role,
        count(*) as agents,
        list_sort(list(agent_id)) as agent_ids
    from agent
    group by role
    having count(*) > 1
),
shared_gap as (
    select
        agent.role as entity,
        'role' as entity_type,
        'is shared by ' || shared.agents || ' agents (' || named(shared.agent_ids) || ')' as gap,
        'shared role' as kind,
        'api_snapshot' as source,
        agent.collected_at,
        agent.artifact_id,
        agent.record_no
    from agent
    join shared
        on shared.role = agent.role
),
gap as (
    from trust_gap
    union all
    from function_gap
    union all
    from permission_gap
    union all
    from shared_gap
)
select
    entity_type,
    entity,
    'medium' as severity,
    min(collected_at) as first_seen,
    max(collected_at) as last_seen,
    count(distinct gap.gap) as event_count,
    case when entity_type = 'role' then short_name(entity) else entity end || ' '
    || array_to_string(distinct_values(gap.gap), '; ') as summary,
    list_sort(
        list(distinct {'table': source, 'artifact_id': artifact_id, 'record_no': record_no})
    ) as records,
    nullif(case when entity_type = 'role' then split_part(entity, ':', 5) end, '') as account_id,
    entity as resource,
    {
        'gaps': distinct_values(gap.gap),
        'kinds': distinct_values(kind)
    } as metrics
from gap
group by
    entity_type,
    entity
order by
    entity_type desc,
    entity
