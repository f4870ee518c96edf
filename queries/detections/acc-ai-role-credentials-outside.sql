-- ---
-- id: acc-ai-role-credentials-outside
-- version: 1.0.0
-- title: Credentials of an AI execution role used outside its service
-- status: stable
-- severity: critical
-- element: access
-- attack: [T1552.005, T1078.004]
-- atlas: [AML.T0012, AML.T0083, AML.T0055]
-- description: >-
--   Finds sessions of roles that SageMaker, Bedrock, Lambda or a container task runs with, when they call from an address
--   that is neither ours nor a service's, without a VPC endpoint and without the user agent of an AWS runtime; one finding
--   per credential and address. Roles come from reference/principal.csv (ai_role, tool_role, agent_role) and from trust
--   policies. Misses stolen credentials that are used behind our own exits.
-- requires:
--   cloudtrail_event: needed
--   ref_cidr: needed
--   ref_principal: optional
--   iam_statement: optional
-- preconditions:
--   - query: >-
--       select (select count(*) > 0 from ref_principal where class in ('ai_role', 'tool_role', 'agent_role'))
--       or (select count(*) > 0 from iam_statement where policy_kind = 'trust')
--     otherwise: not_evaluable
--     reason: no role of an AI service is known; fill reference/principal.csv or add the IAM details of the account
-- parameters: {}
-- false_positives:
--   - Engineers who assume an execution role at their desk; its trust policy should forbid that.
--   - An exit of ours that reference/cidr.csv does not name.
-- references:
--   - https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html
-- changelog:
--   1.0.0: first version
-- ---
with trusted as (
    select distinct principal_key(principal_arn) as role
    from iam_statement
    where policy_kind = 'trust'
        and effect = 'Allow'
        and list_has_any(
            principals,
            [
                'Service:sagemaker.amazonaws.com',
                'Service:bedrock.amazonaws.com',
                'Service:bedrock-agentcore.amazonaws.com',
                'Service:lambda.amazonaws.com',
                'Service:ecs-tasks.amazonaws.com'
            ]
        )
),
outside as (
    select
        event_time,
        event_source,
        event_name,
        error_code,
        principal,
        credential,
        session_name,
        source_ip_address,
        user_agent,
        aws_region,
        recipient_account_id,
        artifact_id,
        record_no
    from cloudtrail_event as event
    where identity_type = 'AssumedRole'
        and invoked_by is null
        and vpc_endpoint_id is null
        and not coalesce(contains(user_agent, 'exec-env/AWS_'), false)
        and not coalesce(is_aws_service_address(user_agent), false)
        and ip_class(source_ip_address)
        not in ('corp', 'own_eip', 'own_vpc', 'aws_service', 'internal', 'service', 'unknown')
        and (
            principal_key(principal) in (select role from trusted)
            or exists (
                select 1
                from ref_principal as known
                where known.class in ('ai_role', 'tool_role', 'agent_role')
                    and principal_matches(known.principal, event.principal)
            )
        )
),
finding as (
    select
        principal,
        credential,
        source_ip_address,
        min(event_time) as first_seen,
        max(event_time) as last_seen,
        count(*) as event_count,
        count(error_code) as error_count,
        distinct_values(session_name) as session_name,
        distinct_values(short_source(event_source) || ':' || event_name) as action,
        distinct_values(user_agent) as user_agent,
        distinct_values(aws_region) as region,
        min(recipient_account_id) as account_id,
        arg_min(
            {'table': 'cloudtrail_event', 'artifact_id': artifact_id, 'record_no': record_no},
            row(event_time, artifact_id, record_no),
            200
        ) as records
    from outside
    group by
        principal,
        credential,
        source_ip_address
),
-- The same session inside, to show that it was copied and not moved.
inside as (
    select
        finding.credential,
        count(*) as event_count,
        max(event.event_time) filter (event.event_time < finding.first_seen) as last_before,
        min(event.event_time) filter (event.event_time > finding.last_seen) as first_after
    from finding
    join cloudtrail_event as event
        on event.credential = finding.credential
    where is_own_class(ip_class(event.source_ip_address))
    group by finding.credential
)
select
    'principal' as entity_type,
    finding.principal as entity,
    'critical' as severity,
    finding.first_seen,
    finding.last_seen,
    finding.event_count,
    'a session of ' || short_name(finding.principal) || ' made '
    || counted(finding.event_count, 'call') || ' from ' || finding.source_ip_address
    || ': ' || named(finding.action)
    || coalesce('; inside it was last seen at ' || moment(inside.last_before), '') as summary,
    finding.records,
    finding.principal as actor,
    finding.source_ip_address as source_ip,
    case when len(finding.region) = 1 then finding.region[1] end as region,
    finding.account_id,
    {
        'credential': finding.credential,
        'session_names': finding.session_name,
        'actions': finding.action,
        'errors': finding.error_count,
        'user_agents': list_slice(finding.user_agent, 1, 10),
        'calls_inside': coalesce(inside.event_count, 0),
        'last_inside_before': inside.last_before,
        'first_inside_after': inside.first_after
    } as metrics,
    finding.event_count as record_total
from finding
left join inside
    on inside.credential = finding.credential
order by
    finding.first_seen,
    entity,
    source_ip
