-- Requests on private data, whatever the store. reference/bucket.csv names the stores of class private: a bucket, or a
-- table, database, secret, parameter or key by its name or ARN; reference/prefix.csv names parts of buckets. A request on
-- S3 that the access log has is taken from there, with the credential that CloudTrail knows for it; the others are taken
-- from CloudTrail. A key of KMS that decrypts for a private bucket counts as a request on that bucket.

create or replace view v_private_access as
with place as materialized (
    select bucket as name
    from ref_bucket
    where class = 'private'
    union
    select bucket as name
    from ref_prefix
    where class = 'private'
),
line as materialized (
    select
        event_time,
        coalesce(principal, requester) as principal,
        remote_ip,
        user_agent,
        operation,
        bucket,
        key,
        bytes_sent,
        http_status,
        error_code,
        request_id,
        artifact_id,
        record_no
    from s3_access
    where bucket in (select name from place)
        and operation is not null
        -- Lifecycle rules and other work of S3 itself.
        and not starts_with(operation, 'S3.')
        and object_class(bucket, key) = 'private'
),
considered as not materialized (
    select
        event_time,
        event_source,
        event_name,
        principal,
        credential,
        source_ip_address,
        user_agent,
        error_code,
        request_parameters,
        additional_event_data,
        resources,
        request_id,
        aws_region,
        recipient_account_id,
        artifact_id,
        record_no
    from cloudtrail_event
    where exists (from place)
        and event_source in (
            's3.amazonaws.com',
            'dynamodb.amazonaws.com',
            'rds-data.amazonaws.com',
            'redshift-data.amazonaws.com',
            'athena.amazonaws.com',
            'glue.amazonaws.com',
            'secretsmanager.amazonaws.com',
            'ssm.amazonaws.com',
            'kms.amazonaws.com'
        )
        and event_name in (
            'GetObject',
            'SelectObjectContent',
            'CopyObject',
            'UploadPartCopy',
            'PutObject',
            'CompleteMultipartUpload',
            'DeleteObject',
            'DeleteObjects',
            'RestoreObject',
            'ListObjects',
            'ListObjectVersions',
            'GetItem',
            'BatchGetItem',
            'TransactGetItems',
            'Query',
            'Scan',
            'ExportTableToPointInTime',
            'PutItem',
            'UpdateItem',
            'DeleteItem',
            'BatchWriteItem',
            'TransactWriteItems',
            'ExecuteStatement',
            'BatchExecuteStatement',
            'GetStatementResult',
            'StartQueryExecution',
            'GetQueryResults',
            'GetTable',
            'GetTables',
            'GetPartitions',
            'GetSecretValue',
            'BatchGetSecretValue',
            'GetParameter',
            'GetParameters',
            'GetParametersByPath',
            'Decrypt',
            'ReEncrypt',
            'GenerateDataKey'
        )
),
-- Of the calls of S3, which are most, only those that name a store and those that may copy from one.
call as materialized (
    select *
    from considered
    where event_source <> 's3.amazonaws.com'
        or event_name in ('CopyObject', 'UploadPartCopy')
        or (request_parameters ->> '$.bucketName') in (select name from place)
),
-- Every name in a request that may be a store: <name>, arn:…:<type>/<name>, arn:…:<name>, and for S3 the bucket.
mention as (
    select
        artifact_id,
        record_no,
        unnest(
            list_concat(
                list_filter(
                    json_extract_string(
                        request_parameters,
                        [
                            '$.tableName', '$.tableArn', '$.resourceArn', '$.secretId', '$.secretArn', '$.name',
                            '$.path', '$.keyId', '$.database', '$.databaseName', '$.dbClusterOrInstanceArn',
                            '$.clusterIdentifier', '$.workgroupName', '$.queryExecutionContext.database',
                            '$.encryptionContext."aws:s3:arn"', '$.encryptionContext.SecretARN',
                            '$.encryptionContext.PARAMETER_ARN', '$.encryptionContext."aws:dynamodb:tableName"'
                        ]
                    ),
                    lambda text : text is not null
                ),
                coalesce(json_extract_string(request_parameters, '$.names[*]'), []),
                coalesce(json_extract_string(request_parameters, '$.secretIdList[*]'), []),
                coalesce(json_keys(request_parameters, '$.requestItems'), []),
                coalesce(json_extract_string(resources, '$[*].ARN'), [])
            )
        ) as text
    from call
    where event_source <> 's3.amazonaws.com'
),
spelling as (
    select
        artifact_id,
        record_no,
        unnest(
            [
                text,
                regexp_extract(text, '^arn:[^:]*:s3:::([^/]+)', 1),
                regexp_extract(text, '^arn:[^:]*:[^:]*:[^:]*:[^:]*:(?:[^:/]+[:/])?(.+)$', 1),
                -- Secrets Manager adds a dash and six characters to the name of a secret.
                regexp_extract(text, ':secret:(.+)-[A-Za-z0-9]{6}$', 1)
            ]
        ) as name
    from mention
),
touched as (
    select
        spelling.artifact_id,
        spelling.record_no,
        min(place.name) as store
    from spelling
    join place
        on place.name = spelling.name
    group by
        spelling.artifact_id,
        spelling.record_no
),
-- The object that a call of S3 reads or writes; a copy does both.
object_call as (
    select
        artifact_id,
        record_no,
        request_parameters ->> '$.bucketName' as bucket,
        request_parameters ->> '$.key' as key,
        false as is_source
    from call
    where event_source = 's3.amazonaws.com'
    union all
    select
        artifact_id,
        record_no,
        regexp_extract(copy_source, '^/?([^/]+)/', 1) as bucket,
        regexp_extract(copy_source, '^/?[^/]+/([^?]*)', 1) as key,
        true as is_source
    from (
        select
            artifact_id,
            record_no,
            percent_decoded(request_parameters ->> '$.x-amz-copy-source') as copy_source
        from call
        where event_source = 's3.amazonaws.com'
            and event_name in ('CopyObject', 'UploadPartCopy')
    )
),
known as (
    select
        request_id,
        min(credential) as credential,
        min(aws_region) as region,
        min(recipient_account_id) as account_id
    from considered
    where event_source = 's3.amazonaws.com'
        and request_id in (select request_id from line)
    group by request_id
)
select
    line.event_time,
    's3_access' as source,
    line.principal,
    known.credential,
    line.remote_ip as source_ip,
    line.user_agent,
    line.operation,
    case
        when regexp_matches(line.operation, '^(REST|WEBSITE)\.(GET\.OBJECT|COPY\.(OBJECT|PART)_GET|[A-Z]+\.SELECT)')
            then 'read'
        when regexp_matches(line.operation, '^(REST|BATCH)\.DELETE\.OBJECT') then 'delete'
        when regexp_matches(line.operation, '^REST\.(PUT|POST|COPY)\.(OBJECT|PART|UPLOAD)') then 'write'
        when regexp_matches(line.operation, '^REST\.GET\.BUCKET(VERSIONS)?$') then 'list'
        else 'other'
    end as kind,
    line.bucket as store,
    line.key as object,
    line.bytes_sent as bytes,
    line.http_status >= 400 as is_refused,
    coalesce(line.error_code, line.http_status::varchar) as outcome,
    known.region,
    known.account_id,
    line.artifact_id,
    line.record_no
from line
left join known
    on known.request_id = line.request_id
union all
select
    call.event_time,
    'cloudtrail_event' as source,
    call.principal,
    call.credential,
    call.source_ip_address as source_ip,
    trim(call.user_agent, '[]') as user_agent,
    call.event_name as operation,
    case
        when object_call.is_source or call.event_name in ('GetObject', 'SelectObjectContent') then 'read'
        when starts_with(call.event_name, 'Delete') then 'delete'
        when starts_with(call.event_name, 'List') then 'list'
        else 'write'
    end as kind,
    object_call.bucket as store,
    object_call.key as object,
    event_bytes(call.additional_event_data) as bytes,
    call.error_code is not null as is_refused,
    coalesce(call.error_code, 'success') as outcome,
    call.aws_region as region,
    call.recipient_account_id as account_id,
    call.artifact_id,
    call.record_no
from object_call
join call
    using (artifact_id, record_no)
where object_call.bucket in (select name from place)
    and object_class(object_call.bucket, object_call.key) = 'private'
    and not exists (
        select 1
        from line
        where line.request_id = call.request_id
    )
union all
select
    call.event_time,
    'cloudtrail_event' as source,
    call.principal,
    call.credential,
    call.source_ip_address as source_ip,
    call.user_agent,
    short_source(call.event_source) || ':' || call.event_name as operation,
    case
        when regexp_matches(call.event_name, '^(Put|Update|Delete|BatchWrite|TransactWrite)') then 'write'
        else 'read'
    end as kind,
    touched.store,
    null as object,
    null as bytes,
    call.error_code is not null as is_refused,
    coalesce(call.error_code, 'success') as outcome,
    call.aws_region as region,
    call.recipient_account_id as account_id,
    call.artifact_id,
    call.record_no
from touched
join call
    using (artifact_id, record_no);
comment on view v_private_access is 'Requests on private-class stores: buckets, tables, databases, secrets, parameters and keys.';
