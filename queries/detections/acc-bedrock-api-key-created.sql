-- ---
-- id: acc-bedrock-api-key-created
-- version: 1.0.1
-- title: Long-term Bedrock API key created
-- status: stable
-- severity: high
-- element: access
-- attack: [T1098.001, T1136.003]
-- atlas: [AML.T0091.000, AML.T0012]
-- description: >-
--   Finds the making of Bedrock API keys: the service-specific credential, its user BedrockAPIKey-… and the policy
--   AmazonBedrockLimitedAccess; calls of one identity within a minute are one finding. High when a key never expires or the
--   attacker holds the identity, else medium, because a click in the console makes one. Misses short-term keys, which are
--   signed on the developer's machine and leave no call.
-- requires:
--   cloudtrail_event: needed
--   v_flagged: optional
-- parameters:
--   merge: {type: interval, default: 60 seconds, description: time between calls that belong together}
-- false_positives:
--   - A developer makes a key in the console to try a model.
-- references:
--   - https://docs.aws.amazon.com/bedrock/latest/userguide/api-keys.html
-- changelog:
--   1.0.1: the same rows, in time that grows with the events and no faster
--   1.0.0: first version
-- ---
with step as (
    select
        event_time,
        event_name,
        principal,
        credential,
        source_ip_address,
        user_agent,
        aws_region,
        recipient_account_id,
        request_parameters ->> '$.userName' as user_name,
        response_elements ->> '$.serviceSpecificCredential.serviceSpecificCredentialId' as key_id,
        event_name = 'CreateServiceSpecificCredential'
        and (request_parameters ->> '$.credentialAgeDays') is null
        and (response_elements ->> '$.serviceSpecificCredential.expirationDate') is null
        as never_expires,
        artifact_id,
        record_no
    from cloudtrail_event
    where event_source = 'iam.amazonaws.com'
        and error_code is null
        and (
            event_name in ('CreateServiceSpecificCredential', 'ResetServiceSpecificCredential')
            and coalesce(
                request_parameters ->> '$.serviceName',
                response_elements ->> '$.serviceSpecificCredential.serviceName',
                ''
            ) in ('bedrock.amazonaws.com', 'bedrock')
            or event_name = 'UpdateServiceSpecificCredential'
            and (request_parameters ->> '$.status') = 'Active'
            and starts_with(request_parameters ->> '$.userName', 'BedrockAPIKey-')
            or event_name = 'CreateUser'
            and starts_with(request_parameters ->> '$.userName', 'BedrockAPIKey-')
            or event_name = 'AttachUserPolicy'
            and ends_with(request_parameters ->> '$.policyArn', '/AmazonBedrockLimitedAccess')
        )
),
started as (
    select
        *,
        event_time - lag(event_time) over same_identity > $merge::interval as starts_group
    from step
    window same_identity as (
        partition by principal, credential
        order by event_time, artifact_id, record_no
    )
),
numbered as (
    select
        *,
        count(case when starts_group then 1 end) over (
            partition by principal, credential
            order by event_time, artifact_id, record_no
        ) as group_no
    from started
),
finding as (
    select
        principal,
        credential,
        group_no,
        min(event_time) as first_seen,
        max(event_time) as last_seen,
        count(*) as event_count,
        bool_or(never_expires) as never_expires,
        distinct_values(event_name) as event_name,
        distinct_values(user_name) as user_name,
        distinct_values(key_id) as key_id,
        distinct_values(source_ip_address) as address,
        distinct_values(user_agent) as user_agent,
        distinct_values(aws_region) as region,
        min(recipient_account_id) as account_id,
        list(
            {'table': 'cloudtrail_event', 'artifact_id': artifact_id, 'record_no': record_no}
            order by event_time, artifact_id, record_no
        ) as records
    from numbered
    group by
        principal,
        credential,
        group_no
),
flag as materialized (
    select
        value,
        since
    from v_flagged
),
judged as (
    select
        finding.*,
        coalesce(finding.last_seen >= held.since - interval 1 second, false)
        or coalesce(finding.last_seen >= owned.since - interval 1 second, false) as is_flagged
    from finding
    left join flag as held
        on held.value = finding.credential
    left join flag as owned
        on owned.value = finding.principal
)
select
    'user' as entity_type,
    coalesce(user_name[1], principal) as entity,
    case when never_expires or is_flagged then 'high' else 'medium' end as severity,
    first_seen,
    last_seen,
    event_count,
    short_name(principal) || ' made a Bedrock API key for ' || named(user_name) || ' ('
    || named(event_name) || ')'
    || case when never_expires then '; it never expires' else '' end
    || case when is_flagged then '; the attacker holds this identity' else '' end as summary,
    records,
    principal as actor,
    case when len(address) = 1 then address[1] end as source_ip,
    case when len(region) = 1 then region[1] end as region,
    account_id,
    case when len(key_id) = 1 then key_id[1] end as resource,
    {
        'users': user_name,
        'keys': key_id,
        'steps': event_name,
        'never_expires': never_expires,
        'flagged': is_flagged,
        'creator_credential': credential,
        'user_agents': list_slice(user_agent, 1, 10)
    } as metrics
from judged
order by
    first_seen,
    entity
