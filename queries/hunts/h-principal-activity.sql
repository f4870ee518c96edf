-- ---
-- id: h-principal-activity
-- version: 1.0.0
-- title: What did this principal do, with all its keys and sessions?
-- status: stable
-- description: >-
--   Finds the credentials and sessions of an identity, one row each, with first and last use, counts, services, regions,
--   addresses, tools, changes and errors. Roles are found with or without their path. Misses requests that only the S3
--   access log knows.
-- requires:
--   cloudtrail_event: needed
-- parameters:
--   principal: {type: text, required: true, description: "ARN, name, or a pattern with * of a user, role or session"}
--   accounts: {type: text, default: null, description: "only these accounts, separated by commas"}
--   regions: {type: text, default: null, description: "only these regions, separated by commas"}
--   case_from: {type: timestamptz, default: null, description: only from here}
--   case_to: {type: timestamptz, default: null, description: only before}
-- references: []
-- changelog:
--   1.0.0: first version
-- ---
with wanted as (
    select principal
    from (select distinct principal from cloudtrail_event)
    where principal_matches($principal::varchar, principal)
        or short_name(principal) = $principal::varchar
),
event as (
    select *
    from cloudtrail_event
    where principal in (select principal from wanted)
        and ($accounts::varchar is null
            or list_contains(string_split($accounts::varchar, ','), recipient_account_id))
        and ($regions::varchar is null
            or list_contains(string_split($regions::varchar, ','), aws_region))
        and ($case_from::timestamptz is null or event_time >= $case_from::timestamptz)
        and ($case_to::timestamptz is null or event_time < $case_to::timestamptz)
)
select
    principal,
    credential,
    session_name,
    session_created,
    identity_type,
    min(event_time) as first_seen,
    max(event_time) as last_seen,
    count(*) as event_count,
    count(error_code) as error_count,
    count(*) filter (read_only is false and error_code is null) as change_count,
    bool_or(session_credential_from_console is true) as is_console,
    distinct_values(recipient_account_id) as accounts,
    distinct_values(aws_region) as regions,
    distinct_values(short_source(event_source)) as services,
    distinct_values(source_ip_address) as addresses,
    distinct_values(user_agent) as user_agents,
    distinct_values(case
        when read_only is false and error_code is null
        then event_name
    end) as changes,
    distinct_values(error_code) as error_codes,
    arg_min(
        {'table': 'cloudtrail_event', 'artifact_id': artifact_id, 'record_no': record_no},
        row(event_time, artifact_id, record_no),
        200
    ) as records
from event
group by
    principal,
    credential,
    session_name,
    session_created,
    identity_type
order by
    first_seen,
    principal,
    credential,
    session_name,
    session_created
