-- ---
-- id: h-mfa-and-console
-- version: 1.0.0
-- title: Who signed in to the console, from where, with or without a second factor?
-- status: stable
-- description: >-
--   Finds sign-ins, failures, checks of the second factor, role switches and password changes, with address, tool and
--   second factor, and what the console session that follows did until its last call. Misses sign-ins in an identity
--   provider.
-- requires:
--   cloudtrail_event: needed
-- parameters:
--   user: {type: text, default: null, description: "ARN, name, or a pattern with * of an identity"}
--   accounts: {type: text, default: null, description: "only these accounts, separated by commas"}
--   case_from: {type: timestamptz, default: null, description: only from here}
--   case_to: {type: timestamptz, default: null, description: only before}
-- references: []
-- changelog:
--   1.0.0: first version
-- ---
with sign_in as (
    select *
    from cloudtrail_event
    where (
            event_source in ('signin.amazonaws.com', 'sso.amazonaws.com')
            or event_source = 'iam.amazonaws.com'
            and event_name in (
                'CreateLoginProfile',
                'UpdateLoginProfile',
                'DeleteLoginProfile',
                'ChangePassword',
                'DeactivateMFADevice',
                'DeleteVirtualMFADevice',
                'EnableMFADevice',
                'ResyncMFADevice'
            )
        )
        and ($user::varchar is null
            or principal_matches($user::varchar, principal)
            or short_name(principal) = $user::varchar
            or (request_parameters ->> '$.userName') = $user::varchar)
        and is_listed(recipient_account_id, $accounts::varchar)
        and in_period(event_time, $case_from::timestamptz, $case_to::timestamptz)
),
console as (
    select
        principal,
        event_time,
        source_ip_address
    from cloudtrail_event
    where session_credential_from_console
        and principal in (select principal from sign_in)
),
session as (
    select
        sign_in.artifact_id,
        sign_in.record_no,
        max(console.event_time) as last_call,
        count(console.event_time) as calls,
        distinct_values(console.source_ip_address) as addresses
    from sign_in
    join console
        on console.principal = sign_in.principal
        and console.event_time between sign_in.event_time and sign_in.event_time + interval 12 hours
    where sign_in.event_name in ('ConsoleLogin', 'SwitchRole')
        and sign_in.error_code is null
    group by
        sign_in.artifact_id,
        sign_in.record_no
)
select
    sign_in.event_time,
    sign_in.event_name,
    sign_in.principal,
    coalesce(sign_in.request_parameters ->> '$.userName', sign_in.user_name) as user_name,
    sign_in.source_ip_address as source_ip,
    ip_class(sign_in.source_ip_address) as address_class,
    sign_in.user_agent,
    coalesce(
        sign_in.response_elements ->> '$.ConsoleLogin',
        sign_in.response_elements ->> '$.SwitchRole',
        sign_in.response_elements ->> '$.CheckMfa',
        case when sign_in.error_code is null then 'Success' else 'Failure' end
    ) as outcome,
    coalesce(sign_in.error_message, sign_in.error_code) as error,
    sign_in.additional_event_data ->> '$.MFAUsed' as mfa_used,
    sign_in.additional_event_data ->> '$.MobileVersion' as mobile_version,
    sign_in.additional_event_data ->> '$.SwitchFrom' as switched_from,
    session.calls as console_calls,
    session.last_call as last_console_call,
    epoch(session.last_call - sign_in.event_time)::bigint as session_seconds,
    session.addresses as session_addresses,
    sign_in.artifact_id,
    sign_in.record_no
from sign_in
left join session
    on session.artifact_id = sign_in.artifact_id
    and session.record_no = sign_in.record_no
order by
    sign_in.event_time,
    sign_in.artifact_id,
    sign_in.record_no
