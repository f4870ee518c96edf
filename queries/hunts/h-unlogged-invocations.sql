-- ---
-- id: h-unlogged-invocations
-- version: 1.0.0
-- title: Which invocations have no content in the evidence, and why?
-- status: stable
-- description: >-
--   Finds the invocations that CloudTrail knows and no log record matches, by region, identity, surface and reason:
--   logging off, delivery, a surface that is never logged, or a call that failed. Misses invocations that no trail
--   selects.
-- requires:
--   v_invocation: needed
-- parameters:
--   failed: {type: boolean, default: false, description: failed calls too}
--   accounts: {type: text, default: null, description: "only these accounts, separated by commas"}
--   regions: {type: text, default: null, description: "only these regions, separated by commas"}
--   case_from: {type: timestamptz, default: null, description: only from here}
--   case_to: {type: timestamptz, default: null, description: only before}
-- references: []
-- changelog:
--   1.0.0: first version
-- ---
select
    miss_reason,
    region,
    principal,
    operation,
    base_model as model,
    min(event_time) as first_seen,
    max(event_time) as last_seen,
    count(*) as event_count,
    distinct_values(credential) as credentials,
    distinct_values(source_ip) as addresses,
    distinct_values(user_agent) as user_agents,
    first_records('cloudtrail_event', event_time, artifact_id, record_no) as records
from v_invocation
where seen_by = 'CloudTrail only'
    and ($failed::boolean or error_code is null)
    and is_listed(account_id, $accounts::varchar)
    and is_listed(region, $regions::varchar)
    and in_period(event_time, $case_from::timestamptz, $case_to::timestamptz)
group by
    miss_reason,
    region,
    principal,
    operation,
    base_model
order by
    event_count desc,
    miss_reason,
    region,
    principal,
    operation,
    model
