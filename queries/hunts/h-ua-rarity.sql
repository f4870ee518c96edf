-- ---
-- id: h-ua-rarity
-- version: 1.0.0
-- title: Which tools are rare here?
-- status: stable
-- description: >-
--   Finds the user agents, without their versions, that few identities used, with first and last use, the identities,
--   addresses and calls, and what the known patterns say of them. Misses tools that pretend to be a usual one.
-- requires:
--   cloudtrail_event: helpful
--   s3_access: helpful
-- parameters:
--   max_principals: {type: integer, default: 2, description: identities that used the tool at most}
--   case_from: {type: timestamptz, default: null, description: only from here}
--   case_to: {type: timestamptz, default: null, description: only before}
--   accounts: {type: text, default: null, description: "only these accounts, separated by commas"}
--   regions: {type: text, default: null, description: "only these regions, separated by commas"}
-- references: []
-- changelog:
--   1.0.0: first version
-- ---
with visit as (
    select
        coalesce(tool_of(user_agent), '') as tool,
        user_agent,
        principal,
        credential,
        source_ip_address as address,
        event_name as action,
        event_time,
        'cloudtrail_event' as source,
        artifact_id,
        record_no
    from cloudtrail_event
    where is_listed(recipient_account_id, $accounts::varchar)
        and is_listed(aws_region, $regions::varchar)
        and in_period(event_time, $case_from::timestamptz, $case_to::timestamptz)
    union all
    select
        coalesce(tool_of(user_agent), ''),
        user_agent,
        coalesce(principal, requester),
        null,
        remote_ip,
        operation,
        event_time,
        's3_access',
        artifact_id,
        record_no
    from s3_access
    where in_period(event_time, $case_from::timestamptz, $case_to::timestamptz)
),
tool as (
    select
        tool,
        min(event_time) as first_seen,
        max(event_time) as last_seen,
        count(*) as event_count,
        distinct_values(user_agent) as user_agents,
        distinct_values(principal) as principals,
        distinct_values(credential) as credentials,
        distinct_values(address) as addresses,
        distinct_values(action) as actions,
        arg_min(
            {'table': source, 'artifact_id': artifact_id, 'record_no': record_no},
            row(event_time, artifact_id, record_no),
            200
        ) as records
    from visit
    group by tool
)
select
    case when tool = '' then '(none)' else tool end as tool,
    list_filter(
        [
            case when regexp_matches(user_agents[1], rx_ua_offensive()) then 'offensive' end,
            case when regexp_matches(user_agents[1], rx_ua_raw_http()) then 'plain HTTP library' end,
            case when regexp_matches(user_agents[1], rx_ua_browser()) then 'browser' end,
            case when regexp_matches(user_agents[1], rx_ua_aws_sdk()) then 'AWS SDK' end
        ],
        lambda label : label is not null
    ) as labels,
    len(principals) as principal_count,
    first_seen,
    last_seen,
    event_count,
    principals,
    credentials,
    addresses,
    list_slice(actions, 1, 20) as actions,
    user_agents,
    records
from tool
where len(principals) <= $max_principals::bigint
order by
    principal_count,
    first_seen,
    tool
