-- Uses of KMS for objects of S3 with the requests that they belong to (J11): the encryption context names the object or,
-- with bucket keys, only the bucket; the request is one of the same identity on it within five seconds. A third proof of a
-- read beside trail and access log. With bucket keys one use stands for many requests.

create or replace view v_kms_decrypt as
with used as (
    select
        event_time,
        recipient_account_id as account_id,
        aws_region as region,
        event_name,
        principal,
        principal_key(principal) as identity,
        credential,
        source_ip_address as source_ip,
        error_code,
        coalesce(request_parameters ->> '$.keyId', resources ->> '$[0].ARN', resources ->> '$[0].arn') as key_id,
        regexp_extract(request_parameters ->> '$.encryptionContext."aws:s3:arn"', '^arn:[^:]+:s3:::([^/]+)', 1) as bucket,
        nullif(
            regexp_extract(request_parameters ->> '$.encryptionContext."aws:s3:arn"', '^arn:[^:]+:s3:::[^/]+/(.+)$', 1),
            ''
        ) as key,
        artifact_id,
        record_no
    from cloudtrail_event
    where event_source = 'kms.amazonaws.com'
        and event_name in ('Decrypt', 'GenerateDataKey')
        and (request_parameters ->> '$.encryptionContext."aws:s3:arn"') is not null
),
request as (
    select
        event_time,
        bucket,
        key,
        principal_key(principal) as identity,
        artifact_id,
        record_no,
        case when cloudtrail_artifact_id is null then 's3_access' else 'cloudtrail_event' end as kind
    from v_s3_request
    where bucket in (select bucket from used)
),
belonging as (
    select
        used.artifact_id,
        used.record_no,
        count(*) as requests,
        arg_min(
            {'table': request.kind, 'artifact_id': request.artifact_id, 'record_no': request.record_no},
            row(request.event_time, request.artifact_id, request.record_no),
            200
        ) as request_records
    from used
    join request
        on request.bucket = used.bucket
        and request.identity = used.identity
        and (used.key is null or request.key = used.key)
        and request.event_time between used.event_time - interval 5 second and used.event_time + interval 5 second
    group by
        used.artifact_id,
        used.record_no
)
select
    used.* exclude (identity, artifact_id, record_no),
    coalesce(belonging.requests, 0) as requests,
    case
        when belonging.requests > 0 then null
        when used.error_code is not null then 'the key was refused'
        when used.bucket not in (select bucket from request)
        then 'the evidence holds neither data events nor an access log of this bucket'
        else 'no request of this identity within five seconds'
    end as miss_reason,
    belonging.request_records,
    used.artifact_id,
    used.record_no
from used
left join belonging
    on belonging.artifact_id = used.artifact_id
    and belonging.record_no = used.record_no;
comment on view v_kms_decrypt is
'Uses of KMS for objects of S3 with the requests of the same identity on the same object or bucket within five seconds.';
