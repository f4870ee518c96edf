-- ---
-- id: h-error-profile
-- version: 1.0.0
-- title: What was each identity refused, and what was it allowed?
-- status: stable
-- description: >-
--   Finds for each identity and service the calls that worked, were refused and failed otherwise, with the error codes:
--   a map of what it may do, by what happened. Misses permissions that were never tried; see h-permission-used-vs-
--   granted.
-- requires:
--   cloudtrail_event: needed
--   named_set: optional
-- parameters:
--   principal: {type: text, default: null, description: "ARN, name, or a pattern with * of an identity"}
--   min_errors: {type: integer, default: 1, description: errors that an identity has at least}
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
    where $principal::varchar is null
        or principal_matches($principal::varchar, principal)
        or short_name(principal) = $principal::varchar
),
denial as (
    select member
    from named_set
    where name = 'ERR_DENIED'
),
profile as (
    select
        principal,
        short_source(event_source) as service,
        min(event_time) as first_seen,
        max(event_time) as last_seen,
        count(*) as event_count,
        count(*) filter (error_code is null) as allowed,
        count(*) filter (error_code in (select member from denial)) as refused,
        count(*) filter (error_code not in (select member from denial)) as failed,
        list_transform(
            map_entries(histogram(error_code) filter (error_code is not null)),
            lambda entry : entry.key || ': ' || entry.value
        ) as error_codes,
        distinct_values(case when error_code is null then event_name end) as allowed_actions,
        distinct_values(case when error_code in (select member from denial) then event_name end) as refused_actions,
        distinct_values(aws_region) as regions,
        first_records('cloudtrail_event', event_time, artifact_id, record_no) as records
    from cloudtrail_event
    where principal in (select principal from wanted)
        and is_listed(recipient_account_id, $accounts::varchar)
        and is_listed(aws_region, $regions::varchar)
        and in_period(event_time, $case_from::timestamptz, $case_to::timestamptz)
    group by
        principal,
        service
)
select
    principal,
    service,
    first_seen,
    last_seen,
    event_count,
    allowed,
    refused,
    failed,
    round((refused + failed) / event_count, 4) as error_rate,
    error_codes,
    allowed_actions,
    refused_actions,
    regions,
    records
from profile
qualify sum(refused + failed) over (partition by principal) >= $min_errors::bigint
order by
    sum(refused + failed) over (partition by principal) desc,
    principal,
    refused + failed desc,
    service
