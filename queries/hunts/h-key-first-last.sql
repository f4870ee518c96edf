-- ---
-- id: h-key-first-last
-- version: 1.0.1
-- title: When was each key first and last used, and who made it?
-- status: stable
-- description: >-
--   Finds every credential with first and last use, the longest silence between two uses, who made it and when, and what
--   the credential report says of its creation and last use. Misses keys that were never used and are in no credential
--   report.
-- requires:
--   cloudtrail_event: needed
--   iam_credential_report: helpful
-- parameters:
--   principal: {type: text, default: null, description: "ARN, name, or a pattern with * of an identity"}
--   dormant: {type: interval, default: 7 days, description: a silence from which a key counts as woken}
--   accounts: {type: text, default: null, description: "only these accounts, separated by commas"}
--   regions: {type: text, default: null, description: "only these regions, separated by commas"}
--   case_from: {type: timestamptz, default: null, description: only from here}
--   case_to: {type: timestamptz, default: null, description: only before}
-- references: []
-- changelog:
--   1.0.1: the same rows, faster
--   1.0.0: first version
-- ---
-- Uses are counted by the hour first: a silence that matters is longer, and millions of events are sorted by no one.
with hour_used as (
    select
        credential,
        hour_of(event_time) as hour,
        min(principal) as principal,
        min(event_time) as first_seen,
        max(event_time) as last_seen,
        count(*) as event_count,
        list(distinct source_ip_address order by source_ip_address) as addresses,
        list(distinct aws_region order by aws_region) as regions,
        list(distinct event_source order by event_source) as services,
        arg_min(artifact_id, row(event_time, artifact_id, record_no)) as artifact_id,
        arg_min(record_no, row(event_time, artifact_id, record_no)) as record_no
    from cloudtrail_event
    where credential is not null
        and event_time is not null
        and ($principal::varchar is null
            or principal_matches($principal::varchar, principal)
            or short_name(principal) = $principal::varchar)
        and is_listed(recipient_account_id, $accounts::varchar)
        and is_listed(aws_region, $regions::varchar)
        and in_period(event_time, $case_from::timestamptz, $case_to::timestamptz)
    group by
        credential,
        hour
),
paused as (
    select
        *,
        first_seen - lag(last_seen) over (partition by credential order by hour) as silence
    from hour_used
),
used as (
    select
        credential,
        min(principal) as principal,
        min(first_seen) as first_seen,
        max(last_seen) as last_seen,
        sum(event_count)::bigint as event_count,
        max(silence) as longest_silence,
        arg_max(first_seen, silence) as woken,
        list_sort(list_distinct(flatten(list(addresses order by hour)))) as addresses,
        list_sort(list_distinct(flatten(list(regions order by hour)))) as regions,
        list_transform(
            list_sort(list_distinct(flatten(list(services order by hour)))),
            lambda service : short_source(service)
        ) as services,
        arg_min(artifact_id, hour) as artifact_id,
        arg_min(record_no, hour) as record_no
    from paused
    group by credential
),
made as (
    select
        coalesce(
            response_elements ->> '$.accessKey.accessKeyId',
            response_elements ->> '$.credentials.accessKeyId'
        ) as issued,
        min(event_time) as created,
        arg_min(principal, event_time) as created_by,
        arg_min(source_ip_address, event_time) as created_from
    from cloudtrail_event
    where error_code is null
        and event_source in ('iam.amazonaws.com', 'sts.amazonaws.com')
        and event_name <> 'GetCallerIdentity'
        and response_elements is not null
    group by issued
),
report as (
    select
        arn as principal,
        max(collected_at) as reported,
        max(greatest(access_key_1_last_rotated, access_key_2_last_rotated)) as keys_rotated,
        max(greatest(access_key_1_last_used_date, access_key_2_last_used_date)) as keys_last_used,
        bool_or(mfa_active) as has_mfa
    from iam_credential_report
    group by arn
)
select
    used.credential,
    case
        when starts_with(used.credential, 'AKIA') then 'long-term key'
        when starts_with(used.credential, 'ASIA') then 'session key'
        when ends_with(used.credential, '#bearer') then 'API key'
        when ends_with(used.credential, '#console') then 'console'
        when ends_with(used.credential, '#service') then 'service'
        else 'other'
    end as kind,
    used.principal,
    made.created,
    made.created_by,
    made.created_from,
    used.first_seen,
    used.last_seen,
    used.event_count,
    used.longest_silence::varchar as longest_silence,
    case when used.longest_silence >= $dormant::interval then used.woken end as woken_after_silence,
    used.addresses,
    used.regions,
    used.services,
    report.keys_rotated,
    report.keys_last_used,
    report.has_mfa,
    used.artifact_id,
    used.record_no
from used
left join made
    on made.issued = used.credential
left join report
    on report.principal = used.principal
order by
    used.first_seen,
    used.credential
