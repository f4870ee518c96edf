-- ---
-- id: h-bucket-activity
-- version: 1.0.0
-- title: Who did what in this bucket?
-- status: stable
-- description: >-
--   Finds requests by requester, operation and address in access logs, with objects, bytes, statuses and whether the
--   requester was there before the period of interest, and calls on the bucket that only CloudTrail has. Misses requests
--   that neither delivered.
-- requires:
--   s3_access: helpful
--   cloudtrail_event: helpful
-- parameters:
--   bucket: {type: text, default: null, description: name of the bucket}
--   prefix: {type: text, default: null, description: only keys that begin with this}
--   base_from: {type: timestamptz, default: case, description: start of the time of known good behaviour}
--   case_from: {type: timestamptz, default: case, description: start of the period of interest}
--   case_to: {type: timestamptz, default: case, description: end of the period of interest}
-- references: []
-- changelog:
--   1.0.0: first version
-- ---
with logged as materialized (
    select distinct request_id
    from s3_access
    where request_id is not null
        and ($bucket::varchar is null or bucket = $bucket::varchar)
),
request as (
    select
        's3_access' as source,
        bucket,
        coalesce(principal_key(principal), requester, 'anonymous') as requester,
        operation,
        remote_ip as source_ip,
        key,
        bytes_sent as bytes,
        coalesce(error_code, http_status::varchar) as status,
        event_time,
        artifact_id,
        record_no
    from s3_access
    where ($bucket::varchar is null or bucket = $bucket::varchar)
        and ($prefix::varchar is null or starts_with(key, $prefix::varchar))
        and in_period(event_time, $base_from::timestamptz, $case_to::timestamptz)
    union all
    select
        'cloudtrail_event',
        request_parameters ->> '$.bucketName',
        coalesce(principal_key(principal), 'anonymous'),
        event_name,
        source_ip_address,
        request_parameters ->> '$.key',
        event_bytes(additional_event_data),
        coalesce(error_code, 'success'),
        event_time,
        artifact_id,
        record_no
    from cloudtrail_event
    where event_source = 's3.amazonaws.com'
        and (request_parameters ->> '$.bucketName') is not null
        and ($bucket::varchar is null or (request_parameters ->> '$.bucketName') = $bucket::varchar)
        and ($prefix::varchar is null or starts_with(request_parameters ->> '$.key', $prefix::varchar))
        and in_period(event_time, $base_from::timestamptz, $case_to::timestamptz)
        and (request_id is null or request_id not in (select request_id from logged))
),
activity as (
    select
        bucket,
        requester,
        source,
        operation,
        source_ip,
        min(event_time) as first_seen,
        max(event_time) as last_seen,
        count(*) as event_count,
        count(*) filter (event_time >= $case_from::timestamptz) as inside,
        approx_count_distinct(key) as objects_about,
        sum(bytes)::bigint as bytes,
        distinct_values(status) as statuses,
        arg_min(
            {'table': source, 'artifact_id': artifact_id, 'record_no': record_no},
            row(event_time, artifact_id, record_no),
            50
        ) as records
    from request
    group by
        bucket,
        requester,
        source,
        operation,
        source_ip
)
select
    * exclude (records, inside),
    case when $case_from::timestamptz is not null then inside end as inside_period,
    case
        when $case_from::timestamptz is not null
        then min(first_seen) over (partition by bucket, requester) >= $case_from::timestamptz
    end as is_new_requester,
    records
from activity
order by
    bucket,
    bytes desc nulls last,
    first_seen,
    requester,
    operation,
    source_ip
