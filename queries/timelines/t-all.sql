-- ---
-- id: t-all
-- version: 1.0.0
-- title: Everything that happened, over all sources
-- status: stable
-- description: >-
--   Finds the events of all sources on one time line, in the period of interest, by identity, credential, address, resource
--   or source when asked. Events of one second have no order among each other. Misses what the evidence does not hold; see
--   `coldtrail status`.
-- requires:
--   v_event: needed
-- parameters:
--   principal: {type: text, default: null, description: "ARN, name, or a pattern with * of an identity"}
--   credential: {type: text, default: null, description: access key id or other credential}
--   source_ip: {type: text, default: null, description: address or CIDR block}
--   resource: {type: text, default: null, description: part of the name of a resource}
--   source: {type: text, default: null, description: "table, such as cloudtrail_event or s3_access"}
--   case_from: {type: timestamptz, default: case, description: start of the time line}
--   case_to: {type: timestamptz, default: case, description: end of the time line}
-- references: []
-- changelog:
--   1.0.0: first version
-- ---
-- Patterns and CIDR blocks are compared with each different value once, not with each event.
with asked as (
    select $source_ip::varchar as block
),
wanted_principal as (
    select principal
    from (select distinct principal from v_event where $principal::varchar is not null)
    where principal_matches($principal::varchar, principal)
        or short_name(principal) = $principal::varchar
),
wanted_address as (
    select event.source_ip
    from (select distinct source_ip from v_event where $source_ip::varchar is not null) as event
    cross join asked
    where event.source_ip = asked.block
        or cidr_contains(asked.block, event.source_ip)
)
select
    event_time,
    event_end,
    time_meaning,
    time_precision,
    source,
    account_id,
    region,
    principal,
    credential,
    source_ip,
    action,
    resource,
    outcome,
    bytes,
    summary,
    artifact_id,
    record_no
from v_event
where ($case_from::timestamptz is null or coalesce(event_end, event_time) >= $case_from::timestamptz)
    and ($case_to::timestamptz is null or event_time < $case_to::timestamptz)
    and ($principal::varchar is null or principal in (select principal from wanted_principal))
    and ($credential::varchar is null or credential = $credential::varchar)
    and ($source_ip::varchar is null or source_ip in (select source_ip from wanted_address))
    and ($resource::varchar is null or contains(lower(resource), lower($resource::varchar)))
    and ($source::varchar is null or source = $source::varchar)
order by
    event_time,
    source,
    artifact_id,
    record_no
