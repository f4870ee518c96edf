-- ---
-- id: acc-federation-token
-- version: 1.0.1
-- title: Session made that outlives its key
-- status: stable
-- severity: high
-- element: access
-- attack: [T1098.001, T1550.001]
-- atlas: [AML.T0091.000]
-- description: >-
--   Finds the first GetFederationToken of an identity, GetSigninToken by something that is no browser, and the first
--   GetSessionToken of a user whose baseline has none, with the key that was handed out and how long it lives: it stays
--   valid when its parent is switched off. A policy for everything is marked. Misses identities that always do this.
-- requires:
--   cloudtrail_event: needed
-- parameters:
--   case_from: {type: timestamptz, default: case, description: start of the period of interest}
--   base_from: {type: timestamptz, default: case, description: start of the baseline}
--   base_to: {type: timestamptz, default: case, description: end of the baseline; the start of the case when empty}
-- false_positives:
--   - Brokers of the company's own and tools such as aws-vault.
-- references:
--   - https://docs.aws.amazon.com/STS/latest/APIReference/API_GetFederationToken.html
-- changelog:
--   1.0.1: the same rows, in time that grows with the events and no faster
--   1.0.0: first version
-- ---
with token as (
    select
        event_time,
        event_name,
        principal,
        credential,
        identity_type,
        source_ip_address,
        user_agent,
        aws_region,
        recipient_account_id,
        response_elements ->> '$.credentials.accessKeyId' as child,
        response_elements ->> '$.credentials.expiration' as expiration,
        coalesce(
            response_elements ->> '$.federatedUser.arn',
            request_parameters ->> '$.name'
        ) as federated_user,
        try_cast(request_parameters ->> '$.durationSeconds' as bigint) as duration_seconds,
        coalesce(
            contains(request_parameters ->> '$.policy', 'AdministratorAccess')
            or contains(request_parameters ->> '$.policyArns', 'AdministratorAccess')
            or regexp_matches(
                request_parameters ->> '$.policy',
                '"Action"\s*:\s*(\[\s*)?"\*(:\*)?"'
            ),
            false
        ) as is_for_everything,
        event_time < coalesce($base_to::timestamptz, $case_from::timestamptz)
        and ($base_from::timestamptz is null or event_time >= $base_from::timestamptz)
        as is_baseline,
        artifact_id,
        record_no
    from cloudtrail_event
    where event_name in ('GetFederationToken', 'GetSigninToken', 'GetSessionToken')
        and event_source in ('sts.amazonaws.com', 'signin.amazonaws.com')
        and error_code is null
),
judged as (
    select
        *,
        -- The first of its kind in the evidence, or the first after a baseline without any.
        row_number() over (
            partition by principal, event_name, coalesce(is_baseline, false)
            order by event_time, artifact_id, record_no
        ) = 1
        and not coalesce(is_baseline, false)
        and count(case when is_baseline then 1 end) over (partition by principal, event_name) = 0 as is_first
    from token
),
finding as (
    select *
    from judged
    where event_name = 'GetFederationToken' and is_first
        or event_name = 'GetSigninToken'
        and not coalesce(regexp_matches(user_agent, rx_ua_browser()), false)
        or event_name = 'GetSessionToken' and identity_type = 'IAMUser' and is_first
)
select
    'principal' as entity_type,
    principal as entity,
    'high' as severity,
    event_time as first_seen,
    event_time as last_seen,
    1::bigint as event_count,
    short_name(principal) || ' called ' || event_name
    || coalesce(' for ' || short_name(federated_user), '')
    || coalesce(' and got ' || child, '')
    || coalesce(', valid until ' || expiration, '')
    || case when is_for_everything then '; its policy allows everything' else '' end as summary,
    [
        {'table': 'cloudtrail_event', 'artifact_id': artifact_id, 'record_no': record_no}
    ] as records,
    principal as actor,
    source_ip_address as source_ip,
    aws_region as region,
    recipient_account_id as account_id,
    child as resource,
    {
        'event_name': event_name,
        'parent_credential': credential,
        'child_credential': child,
        'federated_user': federated_user,
        'expiration': expiration,
        'duration_seconds': duration_seconds,
        'for_everything': is_for_everything,
        'user_agent': user_agent
    } as metrics
from finding
order by
    first_seen,
    entity,
    artifact_id,
    record_no
