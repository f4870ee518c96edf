-- ---
-- id: s3_object_version
-- version: 1.0.0
-- title: S3 objects (list-object-versions, list-objects-v2, head-object, get-object-attributes)
-- recognises:
--   json:
--     - all: [Versions, DeleteMarkers, Contents]
--       keys: [Key, LastModified]
--     - in: ['']
--       keys: [Key, LastModified, ETag, Size]
--     - in: ['']
--       keys: [Key, LastModified, VersionId, IsLatest]
--     - in: ['']
--       keys: [ContentLength, LastModified, ETag]
--     - in: ['']
--       keys: [LastModified]
--       any: [ObjectSize, ObjectParts, Checksum]
-- name: true
-- emits: [s3_object_version]
-- identity: [key, bucket, version_id, observed_by, collected_at]
-- caveats:
--   - The CLI prints the name of the bucket only in some outputs; else the name of the file must say it.
--   - An ETag is no checksum of the content for multipart uploads and for encryption with KMS.
-- references:
--   - https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html
--   - https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html
--   - https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
-- ---
with read as (
    select
        *,
        answer_resource(_name) as resource,
        json_extract_string(
            record,
            [
                '$.Key',
                '$.VersionId',
                '$.IsLatest',
                '$.LastModified',
                '$.Size',
                '$.ContentLength',
                '$.ObjectSize',
                '$.ETag',
                '$.StorageClass',
                '$.ChecksumType',
                '$.Checksum.ChecksumType',
                '$.ChecksumSHA256',
                '$.Checksum.ChecksumSHA256',
                '$.ServerSideEncryption',
                '$.SSEKMSKeyId',
                '$.ObjectLockMode',
                '$.ObjectLockRetainUntilDate',
                '$.ObjectLockLegalHoldStatus',
                '$.ReplicationStatus',
                '$.ContentType',
                '$.Owner.ID',
                '$.DeleteMarker'
            ]
        ) as o,
        json_extract(record, '$.ChecksumAlgorithm') as algorithm,
        json_extract(record, '$.Metadata') as metadata,
    from framed
),

final as (
    select
        artifact_id,
        record_no,
        case
            when _in in ('Versions', 'DeleteMarkers') then 'list-object-versions'
            when _in = 'Contents' then 'list-objects-v2'
            -- The list alone, as --query gives it.
            when o[1] is not null and o[3] is not null then 'list-object-versions'
            when o[1] is not null then 'list-objects-v2'
            when o[6] is not null then 'head-object'
            else 'get-object-attributes'
        end as observed_by,
        collected_at(_name) as collected_at,
        case
            when _in <> '' or o[1] is not null or contains(resource, '/')
                then nullif(split_part(resource, '/', 1), '')
        end as bucket,
        coalesce(o[1], case when contains(resource, '/') then substr(resource, strpos(resource, '/') + 1) end)
            as key,
        o[2] as version_id,
        try_cast(o[3] as boolean) as is_latest,
        _in = 'DeleteMarkers'
        or coalesce(try_cast(o[22] as boolean), false)
        or _in = '' and o[3] is not null and o[5] is null and o[8] is null as is_delete_marker,
        instant_of(o[4]) as last_modified,
        try_cast(coalesce(o[5], o[6], o[7]) as bigint) as size,
        trim(o[8], '"') as etag,
        o[9] as storage_class,
        case
            when algorithm is not null then texts_of(algorithm)
            else nullif(
                list_transform(
                    list_filter(
                        json_keys(coalesce(nullif(json_extract(record, '$.Checksum'), 'null'::json), record)),
                        lambda name : name like 'Checksum_%' and name not in ('ChecksumType', 'ChecksumAlgorithm')
                    ),
                    lambda name : name[9:]
                ),
                []
            )
        end as checksum_algorithm,
        coalesce(o[10], o[11]) as checksum_type,
        coalesce(o[12], o[13]) as checksum_sha256,
        o[14] as server_side_encryption,
        o[15] as kms_key_id,
        o[16] as object_lock_mode,
        instant_of(o[17]) as object_lock_retain_until_date,
        o[18] as object_lock_legal_hold_status,
        o[19] as replication_status,
        o[20] as content_type,
        metadata,
        o[21] as owner_id,
        record as json,
        flags,
    from read
)

select
    * exclude (flags),
    case
        when checksum_type is distinct from 'COMPOSITE' and length(checksum_sha256) = 44
            then lower(hex(try(from_base64(checksum_sha256))))
    end as sha256,
    nullif(
        list_concat(
            coalesce(flags, []),
            case when regexp_matches(key, '%[0-9A-Fa-f]{2}') then ['percent_in_key'] else [] end
        ),
        []
    ) as flags,
    null::varchar as skip_because,
    case
        when key is null and observed_by in ('list-object-versions', 'list-objects-v2') then
            'not an object: Key is missing'
    end as reject_because,
from final;
