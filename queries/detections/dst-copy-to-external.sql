-- ---
-- id: dst-copy-to-external
-- version: 1.0.1
-- title: Objects copied inside S3 to a foreign bucket
-- status: stable
-- severity: critical
-- element: data-store-changes
-- attack: [T1537]
-- atlas: [AML.T0025]
-- description: >-
--   Finds server-side copies (CopyObject, UploadPartCopy) out of a sensitive bucket into a bucket of another account or
--   of no known one, S3 access log records of a copy whose other end is in no log of ours, S3 batch jobs and DataSync
--   locations that name a foreign bucket, and new Transfer servers. The data moves inside AWS: no flow log and no byte
--   of a client shows it. One finding per identity and destination. Misses copies when neither S3 data events nor access
--   logs of the source are there, and copies out of buckets that reference/bucket.csv does not list.
-- requires:
--   cloudtrail_event: helpful
--   s3_access: helpful
--   ref_bucket: helpful
--   ref_prefix: optional
--   ref_account: optional
--   api_snapshot: optional
-- preconditions:
--   - query: >-
--       select exists (from cloudtrail_event) or exists (from s3_access)
--     otherwise: not_evaluable
--     reason: neither CloudTrail nor S3 access logs are there
-- parameters: {}
-- false_positives:
--   - Partners that get data by design; list their accounts in reference/account.csv.
--   - Own buckets that no reference, snapshot or access log names.
-- references:
--   - https://docs.aws.amazon.com/AmazonS3/latest/userguide/LogFormat.html
-- changelog:
--   1.0.1: a copy source that is no UTF-8 when decoded stays as it is written
--   1.0.0: first version
-- ---
with own_bucket as (
    select bucket
    from ref_bucket
    union
    select bucket
    from ref_prefix
    union
    select distinct bucket
    from s3_access
    union
    select resource as bucket
    from api_snapshot
    where service = 's3api'
        and error_code is null
        and starts_with(operation, 'get-bucket-')
    union
    select unnest(json_extract_string("json", '$.Buckets[*].Name')) as bucket
    from api_snapshot
    where service = 's3api'
        and operation = 'list-buckets'
),
known_account as (
    select account
    from ref_account
    union
    select distinct recipient_account_id as account
    from cloudtrail_event
    where recipient_account_id is not null
),
recorded as (
    select
        event_time,
        event_name,
        principal,
        credential,
        source_ip_address as source_ip,
        aws_region as region,
        recipient_account_id as account_id,
        error_code,
        request_id,
        request_parameters,
        resources,
        artifact_id,
        record_no
    from cloudtrail_event
    where event_time is not null
        and (
            event_source in ('s3.amazonaws.com', 's3express.amazonaws.com')
            and event_name in ('CopyObject', 'UploadPartCopy', 'CreateJob')
            or event_source = 'datasync.amazonaws.com'
            and event_name = 'CreateLocationS3'
            or event_source = 'transfer.amazonaws.com'
            and event_name = 'CreateServer'
        )
),
-- A source is written bucket/key or /bucket/key, percent-encoded, or as the ARN of an object behind an access point.
parsed as (
    select
        *,
        percent_decoded(
            regexp_replace(
                split_part(request_parameters ->> '$."x-amz-copy-source"', '?versionId=', 1),
                '^/|^arn:[^:]+:s3:::',
                ''
            )
        ) as source_object,
        case event_name
            when 'CreateServer' then 'transfer server'
            when 'CreateLocationS3'
            then regexp_extract(request_parameters ->> '$.s3BucketArn', '^arn:[^:]+:s3:::([^/]+)', 1)
            when 'CreateJob'
            then regexp_extract(
                request_parameters::varchar,
                '"(?i:targetResource)"\s*:\s*"arn:[^:]+:s3:::([^/"]+)',
                1
            )
            else request_parameters ->> '$.bucketName'
        end as destination,
        list_filter(
            coalesce(json_extract(resources, '$[*]'), []),
            lambda entry : (entry ->> '$.ARN')
                = 'arn:aws:s3:::' || (request_parameters ->> '$.bucketName')
        )[1] ->> '$.accountId' as destination_account
    from recorded
),
copy as (
    select
        'copy' as kind,
        event_time,
        event_name,
        principal,
        credential,
        source_ip,
        region,
        account_id,
        error_code,
        request_id,
        split_part(source_object, '/', 1) as source_bucket,
        substr(source_object, strpos(source_object, '/') + 1) as source_key,
        destination,
        destination_account,
        artifact_id,
        record_no
    from parsed
    where event_name in ('CopyObject', 'UploadPartCopy')
        and source_object is not null
),
sensitive_source as (
    select
        source_bucket,
        source_key,
        object_class(source_bucket, source_key) as class
    from (
        select distinct source_bucket, source_key
        from copy
    )
),
foreign_copy as (
    select
        copy.*,
        sensitive_source.class
    from copy
    join sensitive_source
        on sensitive_source.source_bucket = copy.source_bucket
        and sensitive_source.source_key = copy.source_key
    where sensitive_source.class is not null
        and case
            when copy.destination_account is not null
            then copy.destination_account not in (select account from known_account)
            else copy.destination is not null
                and copy.destination not in (select bucket from own_bucket where bucket is not null)
        end
),
-- The source side of a copy in the access log; the other side belongs to the same request.
logged as (
    select
        event_time,
        operation,
        principal,
        remote_ip as source_ip,
        bucket,
        key,
        error_code,
        http_status,
        request_id,
        object_size,
        artifact_id,
        record_no
    from s3_access
    where operation in (
            'REST.COPY.OBJECT_GET',
            'REST.COPY.PART_GET',
            'REST.COPY.OBJECT',
            'REST.COPY.PART'
        )
        and event_time is not null
),
source_side as (
    select *
    from logged
    where operation in ('REST.COPY.OBJECT_GET', 'REST.COPY.PART_GET')
),
own_target as (
    select distinct request_id
    from logged
    where operation in ('REST.COPY.OBJECT', 'REST.COPY.PART')
),
unmatched as (
    select
        source_side.*,
        place.class
    from source_side
    anti join own_target
        on own_target.request_id = source_side.request_id
    anti join copy
        on copy.request_id = source_side.request_id
    join (
        select
            bucket,
            key,
            object_class(bucket, key) as class
        from (select distinct bucket, key from source_side)
    ) as place
        on place.bucket = source_side.bucket
        and place.key is not distinct from source_side.key
    where place.class is not null
),
evidence as (
    select
        'copy' as kind,
        principal,
        credential,
        source_ip,
        region,
        account_id,
        destination,
        destination_account,
        source_bucket,
        source_key,
        class,
        request_id,
        error_code is null as is_done,
        event_time,
        null::bigint as bytes,
        'cloudtrail_event' as source,
        artifact_id,
        record_no
    from foreign_copy
    union all
    select
        'copy' as kind,
        foreign_copy.principal,
        foreign_copy.credential,
        foreign_copy.source_ip,
        foreign_copy.region,
        foreign_copy.account_id,
        foreign_copy.destination,
        foreign_copy.destination_account,
        foreign_copy.source_bucket,
        foreign_copy.source_key,
        foreign_copy.class,
        foreign_copy.request_id,
        foreign_copy.error_code is null as is_done,
        source_side.event_time,
        source_side.object_size as bytes,
        's3_access' as source,
        source_side.artifact_id,
        source_side.record_no
    from foreign_copy
    join source_side
        on source_side.request_id = foreign_copy.request_id
        and source_side.bucket = foreign_copy.source_bucket
    union all
    select
        'unknown target' as kind,
        principal,
        null as credential,
        source_ip,
        null as region,
        null as account_id,
        'unknown bucket' as destination,
        null as destination_account,
        bucket as source_bucket,
        key as source_key,
        class,
        request_id,
        error_code is null and coalesce(http_status < 400, true) as is_done,
        event_time,
        object_size as bytes,
        's3_access' as source,
        artifact_id,
        record_no
    from unmatched
    union all
    select
        case event_name
            when 'CreateServer' then 'transfer server'
            when 'CreateJob' then 'batch job'
            else 'datasync location'
        end as kind,
        principal,
        credential,
        source_ip,
        region,
        account_id,
        destination,
        null as destination_account,
        null as source_bucket,
        null as source_key,
        null as class,
        request_id,
        error_code is null as is_done,
        event_time,
        null as bytes,
        'cloudtrail_event' as source,
        artifact_id,
        record_no
    from parsed
    where event_name = 'CreateServer'
        or event_name in ('CreateJob', 'CreateLocationS3')
        and destination <> ''
        and destination not in (select bucket from own_bucket where bucket is not null)
),
finding as (
    select
        kind,
        principal,
        destination,
        max(destination_account) as destination_account,
        min(event_time) as first_seen,
        max(event_time) as last_seen,
        count(distinct coalesce(request_id, source || artifact_id || ' ' || record_no)) as event_count,
        count(distinct (source_bucket, source_key)) filter (source_key is not null) as objects,
        sum(bytes)::bigint as bytes,
        bool_or(is_done) as is_done,
        bool_or(source = 's3_access') as in_access_log,
        distinct_values(source_bucket) as source_bucket,
        distinct_values(class) as class,
        distinct_values(credential) as credential,
        distinct_values(source_ip) as address,
        min(region) as region,
        min(account_id) as account_id,
        count(*) as record_total,
        arg_min(
            {'table': source, 'artifact_id': artifact_id, 'record_no': record_no},
            row(event_time, source, artifact_id, record_no),
            200
        ) as records
    from evidence
    group by
        kind,
        principal,
        destination
)
select
    'bucket' as entity_type,
    destination as entity,
    case
        when not is_done then 'medium'
        when kind = 'copy' then 'critical'
        when kind = 'transfer server' then 'medium'
        else 'high'
    end as severity,
    first_seen,
    last_seen,
    event_count,
    short_name(principal) || case kind
        when 'copy'
        then case when is_done then ' copied ' else ' failed to copy ' end
            || counted(objects, 'object') || ' of ' || named(source_bucket) || ' to ' || destination
            || coalesce(' of account ' || destination_account, ', a bucket of nobody we know')
        when 'unknown target'
        then case when is_done then ' copied ' else ' failed to copy ' end
            || counted(objects, 'object') || ' of ' || named(source_bucket)
            || ' to a bucket that is in no log of ours'
        else case when is_done then ' created ' else ' failed to create ' end || case kind
            when 'batch job' then 'a batch job that writes to ' || destination
            when 'datasync location' then 'a DataSync location in ' || destination
            else 'a Transfer server'
        end
    end
    || coalesce(', ' || format('{:,}', bytes) || ' bytes', '')
    || ' (' || moment(first_seen) || ' to ' || moment(last_seen) || ')' as summary,
    records,
    principal as actor,
    case when len(address) = 1 then address[1] end as source_ip,
    region,
    account_id,
    case when len(source_bucket) = 1 then source_bucket[1] end as resource,
    {
        'kind': kind,
        'objects': objects,
        'bytes': bytes,
        'succeeded': is_done,
        'destination_account': destination_account,
        'source_buckets': source_bucket,
        'classes': class,
        'in_access_log': in_access_log,
        'credentials': credential,
        'addresses': list_slice(address, 1, 20)
    } as metrics,
    record_total
from finding
order by
    first_seen,
    entity,
    kind
