-- ---
-- id: seq-cloud-copy-theft
-- version: 1.0.0
-- title: Data copied to or opened for another account
-- status: stable
-- element: data-store-changes
-- attack: [T1537, T1530]
-- atlas: [AML.T0035, AML.T0025]
-- description: >-
--   Finds identities that copy objects of our buckets into a bucket that is not known as ours, or let a foreign
--   account into a bucket by its policy, with the listings before and the reads by foreign identities after. The
--   copy alone makes the chain: what is read in the other account is not in our logs. Misses copies by replication.
-- requires:
--   cloudtrail_event: needed
--   v_own_bucket: optional
--   s3_access: helpful
-- steps:
--   - {name: lists or looks at objects, optional: true}
--   - {name: copies objects out or lets a foreign account in}
--   - {name: a foreign identity reads, optional: true}
-- scenarios: [training-data-exfiltration]
-- parameters:
--   max_span: {type: interval, default: 2 hours, description: longest time from the first to the last step}
-- changelog:
--   1.0.0: first version
-- ---
with own as materialized (
    select bucket
    from v_own_bucket
),
account as materialized (
    select own_accounts() as own
),
call as (
    select
        *,
        request_parameters ->> '$.bucketName' as bucket,
        split_part(
            regexp_replace(url_decode(request_parameters ->> '$."x-amz-copy-source"'), '^/', ''),
            '/',
            1
        ) as source_bucket
    from cloudtrail_event
    where event_source = 's3.amazonaws.com'
        and error_code is null
        and event_name in (
            'CopyObject',
            'UploadPartCopy',
            'PutBucketPolicy',
            'ListObjects',
            'ListObjectVersions',
            'HeadObject'
        )
),
taken as materialized (
    select
        call.*,
        coalesce(nullif(call.source_bucket, ''), call.bucket) as victim
    from call
    cross join account
    where call.event_name in ('CopyObject', 'UploadPartCopy')
        and call.source_bucket in (select bucket from own)
        and call.bucket not in (select bucket from own)
        or call.event_name = 'PutBucketPolicy'
        and len(
            foreign_grantees(policy_grantees(call.request_parameters -> '$.bucketPolicy'), account.own)
        ) > 0
),
seen as (
    select
        call.principal as entity,
        1 as step_no,
        call.event_time,
        call_summary(call.principal, call.event_name, null, call.source_ip_address) || ' in ' || call.bucket as summary,
        'cloudtrail_event' as "table",
        call.artifact_id,
        call.record_no
    from call
    where call.event_name in ('ListObjects', 'ListObjectVersions', 'HeadObject')
        and call.principal in (select principal from taken)
    union all
    select
        principal,
        2,
        event_time,
        call_summary(principal, event_name, null, source_ip_address)
        || case when event_name = 'PutBucketPolicy' then ' on ' else ' to ' end || bucket,
        'cloudtrail_event',
        artifact_id,
        record_no
    from taken
    union all
    select distinct
        taken.principal,
        3,
        line.event_time,
        coalesce(short_name(line.principal), 'nobody') || ' reads ' || line.bucket || '/' || line.key,
        's3_access',
        line.artifact_id,
        line.record_no
    from (select distinct principal, victim from taken) as taken
    join s3_access as line
        on line.bucket = taken.victim
        and line.operation = 'REST.GET.OBJECT'
        and line.http_status in (200, 206)
    cross join account
    where not list_contains(account.own, coalesce(account_of(line.principal), ''))
        and not coalesce(is_aws_service_address(line.principal), false)
)
select
    'principal' as entity_type,
    *
from sequence_records('seen', [2], $max_span::interval)
order by
    started,
    entity,
    step_no,
    event_time,
    "table",
    artifact_id,
    record_no
