-- ---
-- id: iam-admin-policy-attached
-- version: 1.0.0
-- title: Administrator-like policy attached
-- status: stable
-- severity: critical
-- element: access
-- attack: [T1098.003]
-- atlas: [AML.T0012]
-- description: >-
--   Finds managed policies with full power over the account, or over one of the services that matter to AI workloads,
--   attached to a user, role or group. Critical for administration and for IAM itself; high when the target is a known role
--   or user of the AI workload or the attacker holds the identity; else medium. Misses the same power in a policy of the
--   account's own or inline.
-- requires:
--   cloudtrail_event: needed
--   ref_principal: helpful
--   v_flagged: optional
-- parameters: {}
-- false_positives:
--   - Security administrators who set up emergency access.
-- references:
--   - https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html
-- changelog:
--   1.0.0: first version
-- ---
with attachment as (
    select
        event_time,
        event_name,
        principal,
        credential,
        source_ip_address,
        user_agent,
        aws_region,
        recipient_account_id,
        request_parameters ->> '$.policyArn' as policy,
        coalesce(
            request_parameters ->> '$.userName',
            request_parameters ->> '$.roleName',
            request_parameters ->> '$.groupName'
        ) as target,
        case event_name
            when 'AttachUserPolicy' then 'user'
            when 'AttachRolePolicy' then 'role'
            else 'group'
        end as target_type,
        regexp_matches(
            request_parameters ->> '$.policyArn',
            '/(AdministratorAccess|IAMFullAccess)$'
        ) as is_admin,
        artifact_id,
        record_no
    from cloudtrail_event
    where event_source = 'iam.amazonaws.com'
        and event_name in ('AttachUserPolicy', 'AttachRolePolicy', 'AttachGroupPolicy')
        and error_code is null
        and regexp_matches(
            request_parameters ->> '$.policyArn',
            '/(AdministratorAccess|IAMFullAccess|PowerUserAccess|AmazonBedrockFullAccess'
            || '|AmazonSageMakerFullAccess|SecretsManagerReadWrite|AmazonSESFullAccess|AmazonS3FullAccess)$'
        )
),
flag as materialized (
    select
        value,
        since
    from v_flagged
),
judged as (
    select
        attachment.*,
        exists (
            select 1
            from ref_principal as known
            where principal_matches(
                known.principal,
                'arn:aws:iam::' || attachment.recipient_account_id || ':'
                || attachment.target_type || '/' || attachment.target
            )
        ) as is_ai_target,
        coalesce(attachment.event_time >= held.since - interval 1 second, false)
        or coalesce(attachment.event_time >= owned.since - interval 1 second, false) as is_flagged
    from attachment
    left join flag as held
        on held.value = attachment.credential
    left join flag as owned
        on owned.value = attachment.principal
)
select
    target_type as entity_type,
    target as entity,
    case
        when is_admin then 'critical'
        when is_ai_target or is_flagged then 'high'
        else 'medium'
    end as severity,
    event_time as first_seen,
    event_time as last_seen,
    1::bigint as event_count,
    short_name(principal) || ' attached ' || regexp_extract(policy, '([^/]+)$', 1) || ' to '
    || target_type || ' ' || coalesce(target, 'of unknown name')
    || case when is_flagged then '; the attacker holds this identity' else '' end as summary,
    [
        {'table': 'cloudtrail_event', 'artifact_id': artifact_id, 'record_no': record_no}
    ] as records,
    principal as actor,
    source_ip_address as source_ip,
    aws_region as region,
    recipient_account_id as account_id,
    policy as resource,
    {
        'policy': policy,
        'target_type': target_type,
        'administrator': is_admin,
        'ai_target': is_ai_target,
        'flagged': is_flagged,
        'credential': credential,
        'user_agent': user_agent
    } as metrics
from judged
order by
    first_seen,
    entity,
    artifact_id,
    record_no
