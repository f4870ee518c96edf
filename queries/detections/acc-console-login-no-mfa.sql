-- ---
-- id: acc-console-login-no-mfa
-- version: 1.0.1
-- title: Console sign-in without a second factor
-- status: stable
-- severity: medium
-- element: access
-- attack: [T1078.004]
-- atlas: [AML.T0012]
-- description: >-
--   Finds successful console sign-ins of users and of root without a second factor, one finding per identity and address.
--   High when it is the first sign-in of the user, the user was created within a week, or the address is new to the user
--   after a baseline; critical for root. Misses federated sign-ins, whose second factor lies with the identity provider.
-- requires:
--   cloudtrail_event: needed
-- parameters:
--   new_user: {type: interval, default: 7 days, description: age of a user below which a sign-in is high}
--   case_from: {type: timestamptz, default: case, description: start of the period of interest}
--   base_from: {type: timestamptz, default: case, description: start of the baseline}
--   base_to: {type: timestamptz, default: case, description: end of the baseline; the start of the case when empty}
-- false_positives:
--   - Emergency users that are kept without a second factor.
-- references:
--   - https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-aws-console-sign-in-events.html
-- changelog:
--   1.0.1: a sign-in that names a SAML provider is federated whatever the kind of identity
--   1.0.0: first version
-- ---
with login as (
    select
        event_time,
        principal,
        identity_type,
        source_ip_address,
        address_site(source_ip_address) as site,
        user_agent,
        aws_region,
        recipient_account_id,
        coalesce(additional_event_data ->> '$.MFAUsed', 'No') = 'Yes' as has_factor,
        event_time < coalesce($base_to::timestamptz, $case_from::timestamptz)
        and ($base_from::timestamptz is null or event_time >= $base_from::timestamptz)
        as is_baseline,
        event_time >= coalesce($base_to::timestamptz, $case_from::timestamptz) as is_case,
        artifact_id,
        record_no
    from cloudtrail_event
    where event_name = 'ConsoleLogin'
        and event_source = 'signin.amazonaws.com'
        and (response_elements ->> '$.ConsoleLogin') = 'Success'
        and identity_type in ('IAMUser', 'Root')
        and (additional_event_data ->> '$.SamlProviderArn') is null
),
birth as (
    select
        response_elements ->> '$.user.arn' as new_user,
        min(event_time) as created
    from cloudtrail_event
    where event_source = 'iam.amazonaws.com'
        and event_name = 'CreateUser'
        and error_code is null
    group by new_user
),
known_site as (
    select distinct
        principal,
        site
    from login
    where is_baseline
),
judged as (
    select
        login.*,
        login.event_time = min(login.event_time) over (partition by login.principal) as is_first,
        birth.created,
        coalesce(login.event_time <= birth.created + $new_user::interval, false) as is_new_user,
        coalesce(login.is_case and known_site.site is null, false) as is_new_address
    from login
    left join birth
        on birth.new_user = login.principal
    left join known_site
        on known_site.principal = login.principal
        and known_site.site is not distinct from login.site
),
finding as (
    select
        principal,
        identity_type,
        source_ip_address,
        bool_or(is_first) as is_first,
        bool_or(is_new_user) as is_new_user,
        bool_or(is_new_address) as is_new_address,
        min(created) as created,
        min(event_time) as first_seen,
        max(event_time) as last_seen,
        count(*) as event_count,
        distinct_values(user_agent) as user_agent,
        distinct_values(aws_region) as region,
        min(recipient_account_id) as account_id,
        list(
            {'table': 'cloudtrail_event', 'artifact_id': artifact_id, 'record_no': record_no}
            order by event_time, artifact_id, record_no
        ) as records
    from judged
    where not has_factor
    group by
        principal,
        identity_type,
        source_ip_address
)
select
    'principal' as entity_type,
    principal as entity,
    case
        when identity_type = 'Root' then 'critical'
        when is_first or is_new_user or is_new_address then 'high'
        else 'medium'
    end as severity,
    first_seen,
    last_seen,
    event_count,
    short_name(principal) || ' signed in ' || counted(event_count, 'time')
    || ' without a second factor from ' || coalesce(source_ip_address, 'an unknown address')
    || case when is_first then ', the first sign-in of this identity' else '' end
    || case
        when is_new_user
        then ', ' || counted(date_diff('minute', created, first_seen), 'minute')
        || ' after the user was created'
        else ''
    end
    || case when is_new_address then ', from an address that it never used' else '' end as summary,
    records,
    principal as actor,
    source_ip_address as source_ip,
    case when len(region) = 1 then region[1] end as region,
    account_id,
    {
        'identity_type': identity_type,
        'first_login': is_first,
        'user_created': created,
        'user_age_minutes': date_diff('minute', created, first_seen),
        'new_address': is_new_address,
        'user_agents': list_slice(user_agent, 1, 10)
    } as metrics
from finding
order by
    first_seen,
    entity,
    source_ip
