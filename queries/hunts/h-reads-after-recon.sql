-- ---
-- id: h-reads-after-recon
-- version: 1.0.0
-- title: What did an identity read after it had looked at it?
-- status: stable
-- description: >-
--   Finds reads of objects that follow a listing or description of the same bucket by the same identity within a time,
--   with the pause between, the number of objects and bytes. Misses looks at the bucket by another identity.
-- requires:
--   cloudtrail_event: needed
--   s3_access: helpful
-- parameters:
--   principal: {type: text, default: null, description: "ARN, name, or a pattern with * of an identity"}
--   credential: {type: text, default: null, description: access key id or other credential of the look}
--   window: {type: interval, default: 24 hours, description: time between the look and the first read}
--   case_from: {type: timestamptz, default: null, description: only from here}
--   case_to: {type: timestamptz, default: null, description: only before}
-- references: []
-- changelog:
--   1.0.0: first version
-- ---
with look as (
    select
        principal_key(principal) as principal,
        request_parameters ->> '$.bucketName' as bucket,
        min(event_time) as looked,
        arg_min(event_name, row(event_time, artifact_id, record_no)) as first_look,
        distinct_values(event_name) as looks,
        arg_min(credential, row(event_time, artifact_id, record_no)) as credential,
        arg_min(artifact_id, row(event_time, artifact_id, record_no)) as artifact_id,
        arg_min(record_no, row(event_time, artifact_id, record_no)) as record_no
    from cloudtrail_event
    where event_source = 's3.amazonaws.com'
        and regexp_matches(event_name, '^(List|Head|GetBucket)')
        and (request_parameters ->> '$.bucketName') is not null
        and error_code is null
        and ($principal::varchar is null
            or principal_matches($principal::varchar, principal)
            or short_name(principal) = $principal::varchar)
        and ($credential::varchar is null or credential = $credential::varchar)
        and in_period(event_time, $case_from::timestamptz, $case_to::timestamptz)
    group by
        principal_key(principal),
        bucket
),
read as (
    select
        look.principal,
        look.bucket,
        min(line.event_time) as first_seen,
        max(line.event_time) as last_seen,
        count(*) as event_count,
        count(distinct line.key) as objects,
        sum(line.bytes_sent)::bigint as bytes,
        distinct_values(line.remote_ip) as addresses,
        first_records('s3_access', line.event_time, line.artifact_id, line.record_no) as records
    from s3_access as line
    join look
        on look.bucket = line.bucket
        and look.principal = principal_key(line.principal)
        and line.event_time >= look.looked - interval 1 second
        and line.event_time <= look.looked + $window::interval
    where line.operation in ('REST.GET.OBJECT', 'REST.COPY.OBJECT_GET', 'REST.COPY.PART_GET')
        and line.http_status in (200, 206)
    group by
        look.principal,
        look.bucket
)
select
    read.principal,
    look.credential,
    read.bucket,
    look.first_look,
    look.looked,
    look.looks,
    read.first_seen,
    read.last_seen,
    date_diff('second', look.looked, read.first_seen) as seconds_between,
    read.event_count,
    read.objects,
    read.bytes,
    read.addresses,
    look.artifact_id as look_artifact_id,
    look.record_no as look_record_no,
    read.records
from read
join look
    on look.principal = read.principal
    and look.bucket = read.bucket
order by
    look.looked,
    read.principal,
    read.bucket
