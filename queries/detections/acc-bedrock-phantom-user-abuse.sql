-- ---
-- id: acc-bedrock-phantom-user-abuse
-- version: 1.0.0
-- title: User of a Bedrock API key gets other credentials or leaves Bedrock
-- status: stable
-- severity: critical
-- element: access
-- attack: [T1098.001, T1078.004]
-- atlas: [AML.T0012]
-- description: >-
--   Finds what no workflow of Bedrock API keys does: an access key or a password for a user BedrockAPIKey-…, and calls of
--   such a user outside Bedrock, refused or not; one finding per user. Misses users that were renamed.
-- requires:
--   cloudtrail_event: needed
-- parameters: {}
-- false_positives:
--   - None known.
-- references:
--   - https://www.beyondtrust.com/blog/entry/aws-bedrock-security-api-keys
-- changelog:
--   1.0.0: first version
-- ---
with event as (
    select
        event_time,
        event_source,
        event_name,
        error_code,
        principal,
        credential,
        source_ip_address,
        aws_region,
        recipient_account_id,
        case
            when event_name in ('CreateAccessKey', 'CreateLoginProfile', 'UpdateLoginProfile')
                and starts_with(request_parameters ->> '$.userName', 'BedrockAPIKey-')
            then 'credential'
            else 'outside'
        end as kind,
        case
            when kind = 'credential' then request_parameters ->> '$.userName'
            else short_name(principal)
        end as phantom,
        response_elements ->> '$.accessKey.accessKeyId' as issued,
        artifact_id,
        record_no
    from cloudtrail_event
    where event_source = 'iam.amazonaws.com'
        and event_name in ('CreateAccessKey', 'CreateLoginProfile', 'UpdateLoginProfile')
        and starts_with(request_parameters ->> '$.userName', 'BedrockAPIKey-')
        or contains(principal, ':user/')
        and regexp_matches(principal, '/BedrockAPIKey-[^/]*$')
        and not starts_with(event_source, 'bedrock')
        and event_source not in (
            'signin.amazonaws.com',
            'agreement-marketplace.amazonaws.com',
            'discovery-marketplace.amazonaws.com'
        )
        and event_name not in ('GetCallerIdentity', 'GetSessionToken', 'GetAccessKeyInfo')
),
finding as (
    select
        phantom,
        min(event_time) as first_seen,
        max(event_time) as last_seen,
        count(*) as event_count,
        count(error_code) as error_count,
        count(*) filter (kind = 'credential' and error_code is null) as credential_count,
        count(*) filter (kind = 'outside') as outside_count,
        distinct_values(short_source(event_source) || ':' || event_name) as action,
        distinct_values(issued) as issued,
        distinct_values(principal) as principal,
        distinct_values(credential) as credential,
        distinct_values(source_ip_address) as address,
        distinct_values(aws_region) as region,
        min(recipient_account_id) as account_id,
        list(
            {'table': 'cloudtrail_event', 'artifact_id': artifact_id, 'record_no': record_no}
            order by event_time, artifact_id, record_no
        ) as records
    from event
    group by phantom
)
select
    'user' as entity_type,
    phantom as entity,
    'critical' as severity,
    first_seen,
    last_seen,
    event_count,
    phantom || ' was given ' || counted(credential_count, 'other credential') || ' and made '
    || counted(outside_count, 'call') || ' outside Bedrock: ' || named(action) as summary,
    records,
    case when len(principal) = 1 then principal[1] end as actor,
    case when len(address) = 1 then address[1] end as source_ip,
    case when len(region) = 1 then region[1] end as region,
    account_id,
    phantom as resource,
    {
        'actions': action,
        'credentials_given': credential_count,
        'calls_outside': outside_count,
        'errors': error_count,
        'issued_keys': issued,
        'actors': principal,
        'credentials': credential,
        'addresses': address
    } as metrics
from finding
order by
    first_seen,
    entity
