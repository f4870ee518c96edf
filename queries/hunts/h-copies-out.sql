-- ---
-- id: h-copies-out
-- version: 1.0.1
-- title: What was copied to buckets and accounts that are not ours?
-- status: stable
-- description: >-
--   Finds copies, replication rules, and sharings of snapshots and images that send data to a bucket or account that the
--   evidence does not know as ours, with objects and bytes. A bucket counts as ours when `reference/bucket.csv` names it
--   or its access log is here. Misses data that was downloaded first; see h-top-downloaders and h-flow-talkers.
-- requires:
--   cloudtrail_event: needed
--   s3_access: helpful
--   ref_bucket: optional
--   ref_account: optional
-- parameters:
--   accounts: {type: text, default: null, description: "only these accounts, separated by commas"}
--   regions: {type: text, default: null, description: "only these regions, separated by commas"}
--   case_from: {type: timestamptz, default: null, description: only from here}
--   case_to: {type: timestamptz, default: null, description: only before}
-- references: []
-- changelog:
--   1.0.1: a copy source that is no UTF-8 when decoded stays as it is written
--   1.0.0: first version
-- ---
with own_bucket as materialized (
    select bucket
    from ref_bucket
    union
    select bucket
    from s3_access
    where operation not in ('REST.COPY.OBJECT_GET', 'REST.COPY.PART_GET')
),
call as (
    select
        *,
        case
            when event_name in ('CopyObject', 'UploadPartCopy') then request_parameters ->> '$.bucketName'
            when event_name = 'PutBucketReplication'
            then regexp_extract(request_parameters::varchar, 'arn:aws[a-z-]*:s3:::([a-z0-9.-]+)', 1)
            else coalesce(
                nullif(
                    regexp_extract(
                        request_parameters::varchar,
                        '"(?:userId|add|attributeValue|AccountId|accountId)"\s*:\s*"?([0-9]{12})',
                        1
                    ),
                    ''
                ),
                request_parameters ->> '$.destinationRegion'
            )
        end as destination,
        case
            when event_name in ('CopyObject', 'UploadPartCopy')
            then regexp_replace(percent_decoded(request_parameters ->> '$."x-amz-copy-source"'), '^/', '')
            else event_resource(request_parameters, resources)
        end as source_object
    from cloudtrail_event
    where event_name in (
            'CopyObject',
            'UploadPartCopy',
            'PutBucketReplication',
            'ModifySnapshotAttribute',
            'ModifyImageAttribute',
            'ModifyDBSnapshotAttribute',
            'CopyModel',
            'CreateModelCopyJob',
            'CreateExportTask',
            'StartExportTask'
        )
        and is_listed(recipient_account_id, $accounts::varchar)
        and is_listed(aws_region, $regions::varchar)
        and in_period(event_time, $case_from::timestamptz, $case_to::timestamptz)
)
select
    event_name as action,
    principal,
    credential,
    destination,
    split_part(source_object, '/', 1) as source_bucket,
    min(call.event_time) as first_seen,
    max(call.event_time) as last_seen,
    count(*) as event_count,
    count(error_code) as errors,
    count(distinct source_object) as objects,
    sum(coalesce(line.bytes, event_bytes(additional_event_data)))::bigint as bytes,
    distinct_values(source_ip_address) as addresses,
    first_records('cloudtrail_event', call.event_time, artifact_id, record_no) as records
from call
left join (
    select
        request_id,
        max(coalesce(object_size, bytes_sent)) as bytes
    from s3_access
    where operation in ('REST.COPY.OBJECT_GET', 'REST.COPY.PART_GET')
    group by request_id
) as line
    on line.request_id = call.request_id
where destination is null
    or destination not in (select bucket from own_bucket where bucket is not null)
    and destination not in (select account from ref_account where class in ('org', 'own') and account is not null)
group by
    event_name,
    principal,
    credential,
    destination,
    source_bucket
order by
    first_seen,
    action,
    principal,
    credential,
    destination,
    source_bucket
