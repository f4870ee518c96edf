-- ---
-- id: h-top-downloaders
-- version: 1.0.0
-- title: Who downloaded most in one window?
-- status: stable
-- description: >-
--   Finds the busiest sliding window of object reads of each requester and address, by bytes, with the objects in it, the
--   totals, the share of the objects that anybody read and the training jobs whose role it is. Misses what the access log,
--   which is delivered best effort, does not hold.
-- requires:
--   s3_access: needed
--   cloudtrail_event: optional
-- parameters:
--   bucket: {type: text, default: null, description: "only this bucket"}
--   prefix: {type: text, default: null, description: only keys that begin with this}
--   window: {type: interval, default: 10 minutes, description: length of the sliding window}
--   top: {type: integer, default: 20, description: how many requesters}
--   case_from: {type: timestamptz, default: null, description: only from here}
--   case_to: {type: timestamptz, default: null, description: only before}
-- references: []
-- changelog:
--   1.0.0: first version
-- ---
with read as (
    select
        event_time,
        coalesce(principal, requester) as reader,
        remote_ip,
        bucket,
        key,
        coalesce(bytes_sent, 0) as bytes_sent,
        artifact_id,
        record_no
    from s3_access
    where operation = 'REST.GET.OBJECT'
        and http_status in (200, 206)
        and key is not null
        and event_time is not null
        and ($bucket::varchar is null or bucket = $bucket::varchar)
        and ($prefix::varchar is null or starts_with(key, $prefix::varchar))
        and ($case_from::timestamptz is null or event_time >= $case_from::timestamptz)
        and ($case_to::timestamptz is null or event_time < $case_to::timestamptz)
),
busy as (
    select
        reader,
        remote_ip,
        event_time,
        sum(bytes_sent) over sliding as window_bytes,
        count(*) over sliding as window_requests
    from read
    window sliding as (
        partition by reader, remote_ip
        order by event_time
        range between $window::interval preceding and current row
    )
),
peak as (
    select
        reader,
        remote_ip,
        max(window_bytes)::bigint as window_bytes,
        max(window_requests) as window_requests,
        arg_max(event_time, row(window_bytes, -epoch_us(event_time))) as window_end
    from busy
    group by
        reader,
        remote_ip
),
total as (
    select
        reader,
        remote_ip,
        min(event_time) as first_seen,
        max(event_time) as last_seen,
        count(*) as event_count,
        count(distinct row(bucket, key)) as objects,
        sum(bytes_sent)::bigint as bytes,
        distinct_values(bucket) as buckets
    from read
    group by
        reader,
        remote_ip
),
in_window as (
    select
        peak.reader,
        peak.remote_ip,
        count(distinct row(read.bucket, read.key)) as window_objects,
        min(read.event_time) as window_start,
        arg_min(
            {
                'table': 's3_access',
                'artifact_id': read.artifact_id,
                'record_no': read.record_no
            },
            row(read.event_time, read.artifact_id, read.record_no),
            200
        ) as records
    from peak
    join read
        on read.reader is not distinct from peak.reader
        and read.remote_ip is not distinct from peak.remote_ip
        and read.event_time between peak.window_end - $window::interval and peak.window_end
    group by
        peak.reader,
        peak.remote_ip
),
job as (
    select
        principal_key(request_parameters ->> '$.roleArn') as role,
        distinct_values(
            coalesce(
                request_parameters ->> '$.trainingJobName',
                request_parameters ->> '$.processingJobName',
                request_parameters ->> '$.transformJobName'
            )
        ) as jobs
    from cloudtrail_event
    where event_source = 'sagemaker.amazonaws.com'
        and event_name in ('CreateTrainingJob', 'CreateProcessingJob', 'CreateTransformJob')
        and error_code is null
    group by role
),
known as (
    select count(distinct row(bucket, key)) as objects
    from read
)
select
    total.reader as principal,
    total.remote_ip as source_ip,
    ip_class(total.remote_ip) as address_class,
    in_window.window_start,
    peak.window_end,
    in_window.window_objects,
    peak.window_requests,
    peak.window_bytes,
    total.first_seen,
    total.last_seen,
    total.event_count,
    total.objects,
    total.bytes,
    round(total.objects / known.objects, 4) as share_of_objects_read,
    total.buckets,
    coalesce(list_slice(job.jobs, 1, 10), []) as jobs_of_role,
    in_window.records
from total
cross join known
join peak
    on peak.reader is not distinct from total.reader
    and peak.remote_ip is not distinct from total.remote_ip
join in_window
    on in_window.reader is not distinct from total.reader
    and in_window.remote_ip is not distinct from total.remote_ip
left join job
    on job.role = principal_key(total.reader)
order by
    peak.window_bytes desc,
    total.first_seen,
    principal,
    source_ip
limit $top::bigint
