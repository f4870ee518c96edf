-- ---
-- id: acc-assumerole-spray
-- version: 1.0.0
-- title: Roles guessed with AssumeRole
-- status: stable
-- severity: high
-- element: access
-- attack: [T1078.004, T1548.005, T1087.004]
-- atlas: [AML.T0012, AML.T0075]
-- description: >-
--   Finds credentials whose attempts to assume roles fail: several different roles inside a sliding window, or any role of
--   an account outside the organisation, or any role with the name of an administrator. The account numbers of AWS
--   examples are marked, because language models make them up. Misses guesses that succeed, and slow guessing of ordinary
--   names inside the organisation.
-- requires:
--   cloudtrail_event: needed
--   named_set: optional
--   ref_account: helpful
-- parameters:
--   min_roles: {type: integer, default: 4, description: different roles in a window}
--   window: {type: interval, default: 30 minutes, description: length of the sliding window}
--   admin_pattern:
--     type: text
--     default: '(?i)OrganizationAccountAccessRole|admin|Administrator|sysadmin'
--     description: role names that are worth guessing
-- false_positives:
--   - A profile with a wrong role; it asks for one role again and again.
-- references:
--   - https://www.sysdig.com/blog/ai-assisted-cloud-intrusion-achieves-admin-access-in-8-minutes
-- changelog:
--   1.0.0: first version
-- ---
with attempt as (
    select
        event_time,
        event_name,
        error_code,
        principal,
        credential,
        source_ip_address,
        user_agent,
        aws_region,
        recipient_account_id,
        request_parameters ->> '$.roleArn' as role,
        split_part(request_parameters ->> '$.roleArn', ':', 5) as role_account,
        request_parameters ->> '$.roleSessionName' as wanted_session,
        artifact_id,
        record_no
    from cloudtrail_event
    where event_source = 'sts.amazonaws.com'
        and event_name in ('AssumeRole', 'AssumeRoleWithSAML', 'AssumeRoleWithWebIdentity')
        and (
            error_code in (select member from named_set where name = 'ERR_DENIED')
            or error_code in ('ValidationError', 'ValidationException')
        )
        and event_time is not null
),
-- Different roles in a sliding window, without a self join: an attempt counts from its own time until the same role comes
-- again or the window has passed it, whichever is earlier.
spell as (
    select
        credential,
        event_time,
        least(
            lead(event_time) over (
                partition by credential, role
                order by event_time, artifact_id, record_no
            ),
            event_time + $window::interval + interval 1 microsecond
        ) as role_end
    from attempt
    where role is not null
),
change as (
    select credential, event_time as instant, true as is_event, 1 as role_change
    from spell
    union all
    select credential, role_end, false, -1
    from spell
),
level as (
    select
        credential,
        instant,
        is_event,
        sum(role_change) over (
            partition by credential
            order by instant
            range between unbounded preceding and current row
        ) as role_count
    from change
),
sprayed as (
    select
        credential,
        min(instant) as reached
    from level
    where is_event
        and role_count >= $min_roles::bigint
    group by credential
),
judged as (
    select
        attempt.*,
        (select count(*) > 0 from ref_account where class = 'org')
        and attempt.role_account <> ''
        and attempt.role_account not in (
            select account from ref_account where account is not null
        ) as is_foreign,
        coalesce(
            regexp_matches(regexp_extract(attempt.role, '([^/]+)$', 1), $admin_pattern::varchar),
            false
        ) as is_admin,
        attempt.role_account in ('123456789012', '210987654321') as is_example,
        sprayed.reached
    from attempt
    left join sprayed
        on sprayed.credential is not distinct from attempt.credential
),
finding as (
    select
        principal,
        credential,
        min(reached) as reached,
        min(event_time) as first_seen,
        max(event_time) as last_seen,
        count(*) as event_count,
        distinct_values(role) as role,
        distinct_values(case when is_foreign then role_account end) as foreign_account,
        distinct_values(case when is_example then role_account end) as example_account,
        distinct_values(case when is_admin then role end) as admin_role,
        distinct_values(wanted_session) as wanted_session,
        distinct_values(source_ip_address) as address,
        distinct_values(user_agent) as user_agent,
        distinct_values(aws_region) as region,
        min(recipient_account_id) as account_id,
        list(
            {'table': 'cloudtrail_event', 'artifact_id': artifact_id, 'record_no': record_no}
            order by event_time, artifact_id, record_no
        ) as records
    from judged
    group by
        principal,
        credential
    having min(reached) is not null
        or bool_or(is_foreign)
        or bool_or(is_admin)
)
select
    'credential' as entity_type,
    credential as entity,
    'high' as severity,
    first_seen,
    last_seen,
    event_count,
    short_name(principal) || ' failed ' || counted(event_count, 'time') || ' to assume '
    || counted(len(role), 'role')
    || case
        when reached is not null
        then '; the threshold was reached at ' || moment(reached)
        else ''
    end
    || case
        when len(foreign_account) > 0 then '; accounts outside the organisation: '
        || named(foreign_account)
        else ''
    end
    || case
        when len(example_account) > 0 then '; account numbers of AWS examples: '
        || named(example_account)
        else ''
    end
    || case
        when len(admin_role) > 0 then '; ' || counted(len(admin_role), 'administrative name')
        else ''
    end as summary,
    records,
    principal as actor,
    case when len(address) = 1 then address[1] end as source_ip,
    case when len(region) = 1 then region[1] end as region,
    account_id,
    {
        'reached': reached,
        'roles': role,
        'foreign_accounts': foreign_account,
        'example_accounts': example_account,
        'admin_roles': admin_role,
        'session_names': wanted_session,
        'addresses': address,
        'user_agents': list_slice(user_agent, 1, 10)
    } as metrics
from finding
order by
    first_seen,
    entity
