-- Calls that take something away from whoever holds it: keys, passwords and API keys that are switched off or deleted, users
-- that are deleted or quarantined, sessions of a role that are revoked. node is the credential or identity as v_lineage
-- names it.

create or replace view v_containment as
with action as (
    select
        event_time,
        event_name,
        principal as responder,
        'arn:' || coalesce(nullif(split_part(principal_arn, ':', 2), ''), 'aws')
        || ':iam::' || recipient_account_id as prefix,
        request_parameters ->> '$.userName' as user_name,
        request_parameters ->> '$.roleName' as role_name,
        request_parameters ->> '$.accessKeyId' as access_key,
        request_parameters ->> '$.status' as status,
        coalesce(
            request_parameters ->> '$.policyArn',
            request_parameters ->> '$.policyName',
            ''
        ) as policy_name,
        coalesce(request_parameters ->> '$.policyDocument', '') as policy_document,
        artifact_id,
        record_no
    from cloudtrail_event
    where event_source = 'iam.amazonaws.com'
        and error_code is null
        and event_name in (
            'UpdateAccessKey',
            'DeleteAccessKey',
            'DeleteLoginProfile',
            'DeleteUser',
            'AttachUserPolicy',
            'PutUserPolicy',
            'PutRolePolicy',
            'UpdateServiceSpecificCredential',
            'DeleteServiceSpecificCredential'
        )
),
contained as (
    select
        case
            when event_name = 'DeleteAccessKey' or event_name = 'UpdateAccessKey' and status = 'Inactive'
            then access_key
            when event_name = 'DeleteLoginProfile' then prefix || ':user/' || user_name
            || '#console'
            when event_name = 'DeleteServiceSpecificCredential'
                or event_name = 'UpdateServiceSpecificCredential' and status = 'Inactive'
            then prefix || ':user/' || user_name || '#bearer'
            when event_name = 'DeleteUser'
                or event_name in ('AttachUserPolicy', 'PutUserPolicy')
                and (
                    regexp_matches(policy_name, '(?i)quarantine|deny|revoke')
                    or contains(policy_document, 'aws:TokenIssueTime')
                )
            then prefix || ':user/' || user_name
            when event_name = 'PutRolePolicy' and contains(policy_document, 'aws:TokenIssueTime')
            then prefix || ':role/' || role_name
        end as node,
        event_time,
        event_name,
        responder,
        artifact_id,
        record_no
    from action
)
select *
from contained
where node is not null;
comment on view v_containment is
'Calls that switch off, delete, quarantine or revoke; node is the credential or identity that they took away.';
