-- ---
-- id: h-private-touch
-- version: 1.0.0
-- title: Who touched private data?
-- status: stable
-- description: >-
--   Finds requests on objects that `reference/classification.csv` names, or that lie in buckets or prefixes of class
--   private, by identity, with objects, bytes, categories and records of data. Misses private data that nobody
--   classified.
-- requires:
--   v_s3_request: needed
--   ref_classification: helpful
--   ref_bucket: helpful
--   ref_prefix: optional
-- parameters:
--   principal: {type: text, default: null, description: "ARN, name, or a pattern with * of an identity"}
--   case_from: {type: timestamptz, default: null, description: only from here}
--   case_to: {type: timestamptz, default: null, description: only before}
-- references: []
-- changelog:
--   1.0.0: first version
-- ---
with request as (
    select *
    from v_s3_request
    where bucket in (
            select bucket
            from ref_bucket
            where class = 'private'
            union
            select bucket
            from ref_prefix
            where class = 'private'
            union
            select bucket
            from ref_classification
        )
        and ($principal::varchar is null
            or principal_matches($principal::varchar, principal)
            or short_name(principal) = $principal::varchar)
        and in_period(event_time, $case_from::timestamptz, $case_to::timestamptz)
),
touch as (
    select
        request.*,
        class.category,
        class.records as data_records
    from request
    left join ref_classification as class
        on class.bucket = request.bucket
        and (class.key = request.key or request.key like text_pattern(class.key) escape '\')
    where class.category is not null
        or object_class(request.bucket, request.key) = 'private'
)
select
    principal,
    credential,
    source_ip,
    ip_class(source_ip) as address_class,
    bucket,
    coalesce(operation, event_name) as action,
    min(event_time) as first_seen,
    max(event_time) as last_seen,
    count(*) as event_count,
    count(*) filter (error_code is not null) as errors,
    count(distinct key) as objects,
    list_slice(distinct_values(key), 1, 20) as keys,
    sum(bytes)::bigint as bytes,
    distinct_values(category) as categories,
    sum(data_records)::bigint as data_records,
    arg_min(
        {
            'table': case when cloudtrail_artifact_id is null then 's3_access' else 'cloudtrail_event' end,
            'artifact_id': artifact_id,
            'record_no': record_no
        },
        row(event_time, artifact_id, record_no),
        200
    ) as records
from touch
group by
    principal,
    credential,
    source_ip,
    bucket,
    action
order by
    first_seen,
    principal,
    credential,
    source_ip,
    bucket,
    action
