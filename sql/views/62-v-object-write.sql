-- Objects that were written or deleted, by CloudTrail and by the access log of the bucket; a request that both saw is one
-- row. Parts of a multipart upload are no object yet, the call that completes it is.

create or replace view v_object_write as
with call as (
    select
        event_time,
        event_name,
        request_parameters ->> '$.bucketName' as bucket,
        request_parameters ->> '$.key' as key,
        coalesce(
            response_elements ->> '$."x-amz-version-id"',
            additional_event_data ->> '$."x-amz-version-id"'
        ) as version_id,
        try_cast(
            try_cast(additional_event_data ->> '$.bytesTransferredIn' as double) as bigint
        ) as size,
        starts_with(event_name, 'Delete') as is_delete,
        principal,
        credential,
        source_ip_address,
        user_agent,
        request_id,
        artifact_id,
        record_no
    from cloudtrail_event
    where event_source = 's3.amazonaws.com'
        and event_name in (
            'PutObject',
            'CopyObject',
            'PostObject',
            'CompleteMultipartUpload',
            'DeleteObject',
            'DeleteObjects'
        )
        and error_code is null
),
line as (
    select
        event_time,
        operation,
        bucket,
        key,
        version_id,
        object_size,
        operation in ('REST.DELETE.OBJECT', 'BATCH.DELETE.OBJECT', 'REST.POST.MULTI_OBJECT_DELETE') as is_delete,
        principal,
        remote_ip,
        user_agent,
        request_id,
        artifact_id,
        record_no
    from s3_access
    where operation in (
            'REST.PUT.OBJECT',
            'REST.COPY.OBJECT',
            'REST.POST.OBJECT',
            'REST.POST.UPLOAD',
            'REST.DELETE.OBJECT',
            'BATCH.DELETE.OBJECT'
        )
        and (http_status is null or http_status between 200 and 299)
        and key is not null
)
select
    coalesce(call.event_time, line.event_time) as event_time,
    coalesce(line.bucket, call.bucket) as bucket,
    coalesce(line.key, call.key) as key,
    coalesce(call.event_name, line.operation) as operation,
    coalesce(line.is_delete, call.is_delete) as is_delete,
    coalesce(call.version_id, line.version_id) as version_id,
    coalesce(line.object_size, call.size) as size,
    -- The access log knows a role without its path.
    coalesce(call.principal, line.principal) as principal,
    call.credential,
    coalesce(call.source_ip_address, line.remote_ip) as source_ip_address,
    coalesce(call.user_agent, line.user_agent) as user_agent,
    call.artifact_id as cloudtrail_artifact_id,
    call.record_no as cloudtrail_record_no,
    line.artifact_id as access_artifact_id,
    line.record_no as access_record_no,
    coalesce(call.artifact_id, line.artifact_id) as artifact_id,
    coalesce(call.record_no, line.record_no) as record_no,
    case when call.artifact_id is not null then 'cloudtrail_event' else 's3_access' end as source
from call
full join line
    on line.request_id = call.request_id
    and (call.key is null or line.key = call.key)
where coalesce(line.key, call.key) is not null;
comment on view v_object_write is 'Objects written or deleted; cloudtrail_… and access_… name the records that saw it.';
