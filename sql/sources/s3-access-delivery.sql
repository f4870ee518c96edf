-- ---
-- id: s3_access_delivery
-- version: 1.0.0
-- title: Amazon S3 access logs as JSON or Parquet (vended delivery)
-- recognises:
--   json:
--     - in: ['']
--       keys: [bucket_name, request_time, operation]
--   parquet: [bucket_name, request_time, operation]
-- emits: [s3_access]
-- caveats:
--   - The same requests can be in the plain log, too; the two spellings of one request are not taken for duplicates.
-- references:
--   - https://docs.aws.amazon.com/AmazonS3/latest/userguide/LogFormat.html
-- ---
with renamed as (
    select
        artifact_id,
        record_no,
        flags,
        record,
        json_extract_string(
            record,
            [
                '$.request_time',
                '$.bucket_owner_id',
                '$.bucket_name',
                '$.remote_ip',
                '$.requester',
                '$.request_id',
                '$.operation',
                '$.key_name',
                '$.request_uri',
                '$.http_status',
                '$.error_code',
                '$.bytes_sent_size',
                '$.object_size',
                '$.total_duration',
                '$.turn_around_duration',
                '$.referer',
                '$.user_agent',
                '$.version_id',
                '$.host_id',
                '$.signature_version',
                '$.cipher_suite',
                '$.authentication_type',
                '$.host_header',
                '$.tls_version',
                '$.access_point_arn',
                '$.acl_required',
                '$.source_region'
            ]
        ) as v,
    from framed
),

decoded as (
    select
        *,
        case when contains(v[8], '%') then try(url_decode(replace(v[8], '+', '%2B'))) else v[8] end as decoded_key,
        list_filter(
            json_keys(record),
            lambda key : key not in (
                'schema_version_id', 'bucket_arn', 'bucket_name', 'request_time', 'bucket_owner_id', 'remote_ip',
                'requester', 'request_id', 'operation', 'key_name', 'request_uri', 'http_status', 'error_code',
                'bytes_sent_size', 'object_size', 'total_duration', 'turn_around_duration', 'referer', 'user_agent',
                'version_id', 'host_id', 'signature_version', 'cipher_suite', 'authentication_type', 'host_header',
                'tls_version', 'access_point_arn', 'acl_required', 'source_region'
            )
        ) as others,
    from renamed
)

select
    artifact_id,
    record_no,
    instant_of(v[1]) as event_time,
    v[2] as bucket_owner,
    v[3] as bucket,
    v[4] as remote_ip,
    v[5] as requester,
    case when starts_with(v[5], 'arn:') then principal_of_arn(v[5]) else v[5] end as principal,
    v[6] as request_id,
    v[7] as operation,
    coalesce(nullif(replace(decoded_key, chr(0), ''), ''), v[8]) as key,
    v[8] as raw_key,
    v[9] as request_uri,
    try_cast(v[10] as integer) as http_status,
    v[11] as error_code,
    try_cast(v[12] as bigint) as bytes_sent,
    try_cast(v[13] as bigint) as object_size,
    try_cast(v[14] as bigint) as total_time_ms,
    try_cast(v[15] as bigint) as turn_around_time_ms,
    v[16] as referer,
    v[17] as user_agent,
    v[18] as version_id,
    v[19] as host_id,
    v[20] as signature_version,
    v[21] as cipher_suite,
    v[22] as authentication_type,
    v[23] as host_header,
    v[24] as tls_version,
    v[25] as access_point_arn,
    -- The plain log writes Yes or nothing.
    case when try_cast(v[26] as boolean) then 'Yes' when try_cast(v[26] as boolean) is null then v[26] end as acl_required,
    v[27] as source_region,
    case
        when len(others) > 0
            then list_transform(
                others,
                lambda key : key || '=' || coalesce(
                    json_extract_string(record, '/' || replace(replace(key, '~', '~0'), '/', '~1')),
                    'null'
                )
            )
    end as extra,
    case
        when v[8] is not null and decoded_key is null then list_append(coalesce(flags, []), 'key_not_utf8')
        else flags
    end as flags,
    null::varchar as skip_because,
    case
        when v[7] is null then 'not an S3 access record: operation is missing'
        when instant_of(v[1]) is null then 'the time is not one that S3 writes'
    end as reject_because,
from decoded;
