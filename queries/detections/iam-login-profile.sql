-- ---
-- id: iam-login-profile
-- version: 1.0.0
-- title: Console password added or reset
-- status: stable
-- severity: high
-- element: access
-- attack: [T1098.001]
-- atlas: [AML.T0012]
-- description: >-
--   Finds console passwords that were set for another user, for a user that was created within a week, for the user of a
--   service or of a Bedrock API key, or for root; critical when the target signs in within a day. Misses people who change
--   their own password, which is everyday business.
-- requires:
--   cloudtrail_event: needed
--   ref_principal: optional
-- parameters:
--   new_user: {type: interval, default: 7 days, description: age of a user below which its own password counts}
--   sign_in: {type: interval, default: 24 hours, description: time to the first sign-in that makes it critical}
-- false_positives:
--   - The help desk resets a password.
-- references:
--   - https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateLoginProfile.html
-- changelog:
--   1.0.0: first version
-- ---
with password as (
    select
        event_time,
        event_name,
        principal,
        credential,
        source_ip_address,
        user_agent,
        aws_region,
        recipient_account_id,
        identity_type,
        coalesce(request_parameters ->> '$.userName', short_name(principal)) as target,
        'arn:' || coalesce(nullif(split_part(principal_arn, ':', 2), ''), 'aws')
        || ':iam::' || recipient_account_id || ':user/'
        || coalesce(request_parameters ->> '$.userName', short_name(principal)) as target_arn,
        artifact_id,
        record_no
    from cloudtrail_event
    where event_source = 'iam.amazonaws.com'
        and event_name in ('CreateLoginProfile', 'UpdateLoginProfile')
        and error_code is null
),
birth as (
    select
        recipient_account_id,
        coalesce(
            response_elements ->> '$.user.userName',
            request_parameters ->> '$.userName'
        ) as new_name,
        min(event_time) as created
    from cloudtrail_event
    where event_source = 'iam.amazonaws.com'
        and event_name = 'CreateUser'
        and error_code is null
    group by
        recipient_account_id,
        new_name
),
login as (
    select
        recipient_account_id,
        short_name(principal) as user_name,
        event_time,
        source_ip_address,
        artifact_id,
        record_no
    from cloudtrail_event
    where event_name = 'ConsoleLogin'
        and (response_elements ->> '$.ConsoleLogin') = 'Success'
),
first_login as (
    select
        password.artifact_id,
        password.record_no,
        min(login.event_time) as signed_in,
        arg_min(
            {
                'source_ip_address': login.source_ip_address,
                'artifact_id': login.artifact_id,
                'record_no': login.record_no
            },
            row(login.event_time, login.artifact_id, login.record_no)
        ) as login
    from password
    join login
        on login.user_name = password.target
        and login.recipient_account_id is not distinct from password.recipient_account_id
        and login.event_time between password.event_time and password.event_time + $sign_in::interval
    group by
        password.artifact_id,
        password.record_no
),
judged as (
    select
        password.*,
        password.target <> short_name(password.principal) as is_for_another,
        coalesce(password.event_time <= birth.created + $new_user::interval, false) as is_new_user,
        starts_with(password.target, 'BedrockAPIKey-')
        or exists (
            select 1
            from ref_principal as known
            where principal_matches(known.principal, password.target_arn)
        ) as is_service_user,
        password.identity_type = 'Root' or password.target = 'root' as is_root,
        birth.created,
        first_login.signed_in,
        first_login.login
    from password
    left join birth
        on birth.new_name = password.target
        and birth.recipient_account_id is not distinct from password.recipient_account_id
        and birth.created <= password.event_time
    left join first_login
        on first_login.artifact_id = password.artifact_id
        and first_login.record_no = password.record_no
)
select
    'user' as entity_type,
    target as entity,
    case when signed_in is not null then 'critical' else 'high' end as severity,
    event_time as first_seen,
    event_time as last_seen,
    1::bigint as event_count,
    short_name(principal) || case
        when event_name = 'CreateLoginProfile' then ' gave '
        else ' reset '
    end || target || case
        when event_name = 'CreateLoginProfile' then ' a console password'
        else '''s console password'
    end || concat_ws(
        '',
        case
            when is_new_user
            then ', ' || counted(date_diff('minute', created, event_time), 'minute')
                || ' after the user was created'
        end,
        case when is_service_user then ', a user of a service' end,
        case
            when signed_in is not null
            then '; it signed in at ' || moment(signed_in) || ' from '
                || coalesce(login.source_ip_address, 'an unknown address')
        end
    ) as summary,
    case
        when signed_in is null
        then [{'table': 'cloudtrail_event', 'artifact_id': artifact_id, 'record_no': record_no}]
        else [
            {'table': 'cloudtrail_event', 'artifact_id': artifact_id, 'record_no': record_no},
            {
                'table': 'cloudtrail_event',
                'artifact_id': login.artifact_id,
                'record_no': login.record_no
            }
        ]
    end as records,
    principal as actor,
    source_ip_address as source_ip,
    aws_region as region,
    recipient_account_id as account_id,
    target_arn as resource,
    {
        'event_name': event_name,
        'for_another': is_for_another,
        'new_user': is_new_user,
        'service_user': is_service_user,
        'root': is_root,
        'user_created': created,
        'signed_in': signed_in,
        'sign_in_address': login.source_ip_address,
        'credential': credential,
        'user_agent': user_agent
    } as metrics
from judged
where is_for_another
    or is_new_user
    or is_service_user
    or is_root
order by
    first_seen,
    entity,
    artifact_id,
    record_no
