-- ---
-- id: h-who-assumed-role
-- version: 1.0.0
-- title: Who assumed this role, or tried to?
-- status: stable
-- description: >-
--   Finds the callers of AssumeRole and its kin for a role, with their account, session names, addresses and tools,
--   successes and refusals. Misses roles that a service assumes without a call of its own in the trail.
-- requires:
--   cloudtrail_event: needed
--   ref_account: helpful
-- parameters:
--   role: {type: text, required: true, description: "ARN or name of the role, or a pattern with *"}
--   accounts: {type: text, default: null, description: "only these accounts, separated by commas"}
--   regions: {type: text, default: null, description: "only these regions, separated by commas"}
--   case_from: {type: timestamptz, default: null, description: only from here}
--   case_to: {type: timestamptz, default: null, description: only before}
-- references: []
-- changelog:
--   1.0.0: first version
-- ---
with wanted as (
    select arn
    from (
        select distinct request_parameters ->> '$.roleArn' as arn
        from cloudtrail_event
        where event_source = 'sts.amazonaws.com'
            and starts_with(event_name, 'Assume')
    )
    where principal_matches($role::varchar, arn)
        or role_name(arn) = $role::varchar
),
call as (
    select
        *,
        request_parameters ->> '$.roleArn' as role_arn
    from cloudtrail_event
    where event_source = 'sts.amazonaws.com'
        and starts_with(event_name, 'Assume')
        and (request_parameters ->> '$.roleArn') in (select arn from wanted)
        and is_listed(recipient_account_id, $accounts::varchar)
        and is_listed(aws_region, $regions::varchar)
        and in_period(event_time, $case_from::timestamptz, $case_to::timestamptz)
)
select
    role_arn,
    principal as caller,
    credential,
    account_id as caller_account,
    regexp_extract(role_arn, '^arn:[^:]+:iam::([0-9]+):', 1) as role_account,
    coalesce(account_id, '') <> regexp_extract(role_arn, '^arn:[^:]+:iam::([0-9]+):', 1)
    and coalesce(account_id, '') not in (select account from ref_account where class in ('org', 'own'))
    and not starts_with(coalesce(principal, ''), 'service:') as is_foreign,
    source_ip_address as source_ip,
    ip_class(source_ip_address) as address_class,
    tool_of(user_agent) as tool,
    min(event_time) as first_seen,
    max(event_time) as last_seen,
    count(*) as event_count,
    count(*) filter (error_code is null) as successes,
    count(error_code) as refusals,
    distinct_values(error_code) as error_codes,
    distinct_values(request_parameters ->> '$.roleSessionName') as session_names,
    distinct_values(response_elements ->> '$.credentials.accessKeyId') as issued_keys,
    first_records('cloudtrail_event', event_time, artifact_id, record_no) as records
from call
group by
    role_arn,
    principal,
    credential,
    account_id,
    source_ip_address,
    tool
order by
    first_seen,
    role_arn,
    caller,
    credential,
    source_ip,
    tool
