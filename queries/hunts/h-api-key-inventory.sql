-- ---
-- id: h-api-key-inventory
-- version: 1.0.0
-- title: Which API keys of Bedrock are there, and who made and used them?
-- status: stable
-- description: >-
--   Finds users with service-specific credentials of Bedrock or names that the console gives to such users, with who
--   made the credential and when, what was done to it since, uses with a bearer token, other keys of the user, and its
--   policies. Misses short-term keys, which leave only their uses.
-- requires:
--   cloudtrail_event: needed
--   iam_principal: helpful
-- parameters:
--   case_from: {type: timestamptz, default: null, description: only from here}
--   case_to: {type: timestamptz, default: null, description: only before}
-- references: []
-- changelog:
--   1.0.0: first version
-- ---
with made as (
    select
        request_parameters ->> '$.userName' as user_name,
        event_name,
        event_time,
        principal,
        source_ip_address,
        coalesce(
            response_elements ->> '$.serviceSpecificCredential.serviceSpecificCredentialId',
            request_parameters ->> '$.serviceSpecificCredentialId',
            response_elements ->> '$.accessKey.accessKeyId',
            request_parameters ->> '$.policyArn'
        ) as target,
        response_elements ->> '$.serviceSpecificCredential.expirationDate' as expires,
        artifact_id,
        record_no
    from cloudtrail_event
    where event_source = 'iam.amazonaws.com'
        and error_code is null
        and (
            ends_with(event_name, 'ServiceSpecificCredential')
            or starts_with(request_parameters ->> '$.userName', 'BedrockAPIKey')
        )
),
holder as (
    select user_name
    from made
    where event_name = 'CreateServiceSpecificCredential'
    union
    select user_name
    from made
    where starts_with(user_name, 'BedrockAPIKey')
    union
    select name
    from iam_principal
    where principal_type = 'user'
        and starts_with(name, 'BedrockAPIKey')
    union
    select short_name(principal)
    from cloudtrail_event
    where ends_with(credential, '#bearer')
),
change as (
    select
        user_name,
        min(event_time) filter (event_name = 'CreateServiceSpecificCredential') as created,
        arg_min(principal, event_time) filter (event_name = 'CreateServiceSpecificCredential') as creator,
        arg_min(source_ip_address, event_time) filter (event_name = 'CreateServiceSpecificCredential') as created_from,
        max(expires) as expires,
        max(event_time) filter (
            event_name in ('DeleteServiceSpecificCredential', 'UpdateServiceSpecificCredential')
        ) as last_change,
        list(event_name || coalesce(' ' || target, '') order by event_time, event_name) as changes,
        min(event_time) as first_change,
        list(
            {'table': 'cloudtrail_event', 'artifact_id': artifact_id, 'record_no': record_no}
            order by event_time, artifact_id, record_no
        ) as records
    from made
    group by user_name
),
use as (
    select
        short_name(principal) as user_name,
        min(event_time) as first_use,
        max(event_time) as last_use,
        count(*) as uses,
        count(*) filter (ends_with(credential, '#bearer')) as bearer_uses,
        distinct_values(case when not ends_with(credential, '#bearer') then credential end) as other_keys,
        distinct_values(source_ip_address) as addresses,
        distinct_values(short_source(event_source)) as services,
        distinct_values(tool_of(user_agent)) as tools
    from cloudtrail_event
    where short_name(principal) in (select user_name from holder)
        and in_period(event_time, $case_from::timestamptz, $case_to::timestamptz)
    group by short_name(principal)
),
policy as (
    select
        name as user_name,
        max(create_date) as user_created,
        distinct_values(attached_policy_arns::varchar) as policies,
        max(collected_at) as seen_at
    from iam_principal
    where name in (select user_name from holder)
    group by name
)
select
    holder.user_name,
    change.created,
    change.creator,
    change.created_from,
    change.expires,
    change.last_change,
    coalesce(change.changes, []) as changes,
    use.first_use as first_seen,
    use.last_use as last_seen,
    coalesce(use.uses, 0) as event_count,
    coalesce(use.bearer_uses, 0) as bearer_uses,
    coalesce(use.other_keys, []) as other_keys,
    coalesce(use.addresses, []) as addresses,
    coalesce(use.services, []) as services,
    coalesce(use.tools, []) as tools,
    policy.user_created,
    coalesce(policy.policies, []) as policies,
    policy.seen_at as in_iam_at,
    coalesce(change.records, []) as records
from holder
left join change
    on change.user_name = holder.user_name
left join use
    on use.user_name = holder.user_name
left join policy
    on policy.user_name = holder.user_name
order by
    coalesce(change.created, use.first_use),
    holder.user_name
