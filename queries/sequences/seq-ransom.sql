-- ---
-- id: seq-ransom
-- version: 1.0.0
-- title: Objects encrypted with a key of somebody else
-- status: stable
-- element: data-store-changes
-- attack: [T1486, T1490]
-- atlas: []
-- description: >-
--   Finds buckets in which many objects were written anew under an encryption key that the customer brings (SSE-C),
--   and for which then a lifecycle of few days was set or a note was left; with the looks at the protection of the
--   bucket before, and deletions. Misses rewrites without data events in the trail.
-- requires:
--   cloudtrail_event: needed
-- steps:
--   - {name: looks at the protection of the bucket, optional: true}
--   - {name: rewrites objects under a key of its own}
--   - {name: sets a short lifecycle or leaves a note}
--   - {name: deletes objects or versions, optional: true}
-- scenarios: [training-data-exfiltration, model-tampering]
-- parameters:
--   max_span: {type: interval, default: 24 hours, description: longest time from the first to the last step}
--   min_objects: {type: integer, default: 20, description: objects rewritten}
--   max_days: {type: integer, default: 7, description: days of a lifecycle that counts as short}
-- changelog:
--   1.0.0: first version
-- ---
with call as materialized (
    select
        request_parameters ->> '$.bucketName' as entity,
        case
            when regexp_matches(event_name, '^GetBucket(Versioning|Encryption|Lifecycle|ObjectLock|Replication|Logging)')
            then 1
            when event_name in ('PutObject', 'CopyObject', 'CompleteMultipartUpload')
                and contains(request_parameters::varchar, 'server-side-encryption-customer-algorithm')
            then 2
            when starts_with(event_name, 'PutBucketLifecycle')
                and list_min(
                    list_transform(
                        regexp_extract_all(request_parameters::varchar, '"(?:Noncurrent)?Days"\s*:\s*"?([0-9]+)', 1),
                        lambda days : try_cast(days as bigint)
                    )
                ) <= $max_days::bigint
            then 3
            when event_name = 'PutObject'
                and regexp_matches(
                    request_parameters ->> '$.key',
                    '(?i)(^|/)[^/]*(ransom|decrypt|recover|restore|read[_-]?me|warning|how[_-]?to)[^/]*\.(txt|html?|md)$'
                )
            then 3
            when event_name in ('DeleteObject', 'DeleteObjects') then 4
        end as step_no,
        request_parameters ->> '$.key' as key,
        event_time,
        call_summary(principal, event_name, error_code, source_ip_address) as summary,
        'cloudtrail_event' as "table",
        artifact_id,
        record_no
    from cloudtrail_event
    where event_source = 's3.amazonaws.com'
        and error_code is null
        and (request_parameters ->> '$.bucketName') is not null
),
rewritten as (
    select entity
    from call
    where step_no = 2
    group by entity
    having count(distinct key) >= $min_objects::bigint
),
seen as (
    select call.* exclude (key)
    from call
    where step_no is not null
        and entity in (select entity from rewritten)
)
select
    'bucket' as entity_type,
    *
from sequence_records('seen', [2, 3], $max_span::interval)
order by
    started,
    entity,
    step_no,
    event_time,
    "table",
    artifact_id,
    record_no
