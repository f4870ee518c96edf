-- Who got what from whom: edges from a credential to the credential or identity that a call of it brought into being.
-- Only strong edges, where the record names both ends. An access key stands for itself; other credentials are spelt as
-- in cloudtrail_event.credential (<principal>#bearer, <principal>#console), created identities by their ARN.

create or replace view v_lineage as
with issue as materialized (
    select
        event_name,
        event_time,
        credential,
        'arn:' || coalesce(nullif(split_part(principal_arn, ':', 2), ''), 'aws')
            || ':iam::' || recipient_account_id || ':user/' as user_prefix,
        request_parameters ->> '$.userName' as user_name,
        regexp_extract(request_parameters ->> '$.functionName', '([^:]+)$', 1) as function_name,
        request_parameters ->> '$.serviceName' as service_name,
        json_extract_string(
            response_elements,
            ['$.credentials.accessKeyId', '$.accessKey.accessKeyId', '$.user.arn', '$.role.arn']
        ) as issued,
        artifact_id,
        record_no
    from cloudtrail_event
    where error_code is null
        and credential is not null
        and (
            event_name in (
                'AssumeRole',
                'AssumeRoleWithSAML',
                'AssumeRoleWithWebIdentity',
                'AssumeRoot',
                'GetSessionToken',
                'GetFederationToken',
                'CreateAccessKey',
                'CreateUser',
                'CreateRole',
                'CreateLoginProfile',
                'UpdateLoginProfile',
                'CreateServiceSpecificCredential',
                'ResetServiceSpecificCredential'
            )
            or starts_with(event_name, 'UpdateFunctionCode')
            or starts_with(event_name, 'UpdateFunctionConfiguration')
        )
),
session as materialized (
    select
        principal,
        credential,
        session_name,
        identity_type,
        session_credential_from_console is true as from_console,
        min(event_time) as first_seen,
        max(event_time) as last_seen,
        arg_min(artifact_id, row(event_time, artifact_id, record_no)) as artifact_id,
        arg_min(record_no, row(event_time, artifact_id, record_no)) as record_no
    from cloudtrail_event
    where credential is not null
        and case
            when identity_type = 'AssumedRole'
            then session_name in (select function_name from issue where starts_with(event_name, 'UpdateFunction'))
            else session_credential_from_console
        end
    group by all
)
select
    credential as parent,
    unnest(list_filter(issued, lambda node : node is not null)) as child,
    event_name as via,
    event_time,
    artifact_id,
    record_no
from issue
union all
select
    credential as parent,
    user_prefix || user_name || case
        when ends_with(event_name, 'LoginProfile') then '#console'
        else '#bearer'
    end as child,
    event_name as via,
    event_time,
    artifact_id,
    record_no
from issue
where ends_with(event_name, 'LoginProfile')
    or ends_with(event_name, 'ServiceSpecificCredential')
union all
-- The console hands out session keys after a sign-in.
select
    principal || '#console' as parent,
    credential as child,
    'ConsoleLogin' as via,
    first_seen as event_time,
    artifact_id,
    record_no
from session
where from_console
    and identity_type <> 'AssumedRole'
    and not ends_with(credential, '#console')
union all
-- Whoever changes the code of a function acts through its role afterwards: the session bears the function's name.
select
    issue.credential as parent,
    session.credential as child,
    issue.event_name as via,
    issue.event_time,
    issue.artifact_id,
    issue.record_no
from issue
join session
    on session.session_name = issue.function_name
    and session.identity_type = 'AssumedRole'
    and session.last_seen >= issue.event_time
where starts_with(issue.event_name, 'UpdateFunction');
comment on view v_lineage is 'Edges parent → child between credentials and created identities; via names the call.';
