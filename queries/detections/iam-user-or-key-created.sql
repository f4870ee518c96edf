-- ---
-- id: iam-user-or-key-created
-- version: 1.0.0
-- title: IAM user or access key created
-- status: stable
-- severity: medium
-- element: access
-- attack: [T1098.001, T1136.003]
-- atlas: [AML.T0012]
-- description: >-
--   Finds every user and access key that was created, with the key that was handed out; not by identities that are listed
--   as iam_automation nor by CloudFormation. High when the creator is not the target, or is a role of an AI service, of a
--   function or of an instance, or the target never acted before. Misses credentials that are no access keys.
-- requires:
--   cloudtrail_event: needed
--   ref_principal: helpful
--   iam_statement: optional
-- parameters: {}
-- false_positives:
--   - Onboarding of people and rotation of keys.
-- references:
--   - https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateAccessKey.html
-- changelog:
--   1.0.0: first version
-- ---
with creation as (
    select
        event_time,
        event_name,
        principal,
        credential,
        session_name,
        source_ip_address,
        user_agent,
        aws_region,
        recipient_account_id,
        coalesce(
            request_parameters ->> '$.userName',
            response_elements ->> '$.accessKey.userName',
            short_name(principal)
        ) as target,
        coalesce(
            response_elements ->> '$.user.arn',
            'arn:' || coalesce(nullif(split_part(principal_arn, ':', 2), ''), 'aws')
            || ':iam::' || recipient_account_id || ':user/'
            || coalesce(request_parameters ->> '$.userName', short_name(principal))
        ) as target_arn,
        response_elements ->> '$.accessKey.accessKeyId' as child,
        artifact_id,
        record_no
    from cloudtrail_event as event
    where event_source = 'iam.amazonaws.com'
        and event_name in ('CreateUser', 'CreateAccessKey')
        and error_code is null
        and coalesce(invoked_by, '') <> 'cloudformation.amazonaws.com'
        and not exists (
            select 1
            from ref_principal as known
            where known.class = 'iam_automation'
                and principal_matches(known.principal, event.principal)
        )
),
workload as (
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
                'Service:ecs-tasks.amazonaws.com',
                'Service:ec2.amazonaws.com'
            ]
        )
),
earlier as (
    select
        creation.artifact_id,
        creation.record_no,
        count(*) as event_count
    from creation
    join cloudtrail_event as event
        on event.principal = creation.target_arn
        and event.event_time < creation.event_time
    group by
        creation.artifact_id,
        creation.record_no
),
judged as (
    select
        creation.*,
        creation.target <> short_name(creation.principal) as is_for_another,
        role_name(creation.principal) is not null
        and (
            regexp_matches(coalesce(creation.session_name, ''), '^i-[0-9a-f]{8,17}$')
            or contains(coalesce(creation.user_agent, ''), 'exec-env/AWS_')
            or principal_key(creation.principal) in (select role from workload)
            or exists (
                select 1
                from ref_principal as known
                where known.class in ('ai_role', 'tool_role', 'agent_role')
                    and principal_matches(known.principal, creation.principal)
            )
        ) as is_by_workload,
        earlier.event_count is null as is_target_unseen
    from creation
    left join earlier
        on earlier.artifact_id = creation.artifact_id
        and earlier.record_no = creation.record_no
)
select
    'user' as entity_type,
    target as entity,
    case
        when is_for_another or is_by_workload or is_target_unseen
        then 'high'
        else 'medium'
    end as severity,
    event_time as first_seen,
    event_time as last_seen,
    1::bigint as event_count,
    short_name(principal) || case
        when event_name = 'CreateUser' then ' created user '
        else ' created an access key for '
    end || target || coalesce(' (' || child || ')', '')
    || case when is_by_workload then '; the creator is the role of a workload' else '' end
    || case when is_target_unseen then '; the user never acted before' else '' end as summary,
    [
        {'table': 'cloudtrail_event', 'artifact_id': artifact_id, 'record_no': record_no}
    ] as records,
    principal as actor,
    source_ip_address as source_ip,
    aws_region as region,
    recipient_account_id as account_id,
    coalesce(child, target_arn) as resource,
    {
        'event_name': event_name,
        'creator_credential': credential,
        'child_credential': child,
        'for_another': is_for_another,
        'by_workload': is_by_workload,
        'target_unseen': is_target_unseen,
        'user_agent': user_agent
    } as metrics
from judged
order by
    first_seen,
    entity,
    artifact_id,
    record_no
