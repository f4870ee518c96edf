-- ---
-- id: s3_inventory_parquet
-- version: 1.0.0
-- title: Data files of S3 Inventory (Parquet)
-- recognises:
--   parquet: [bucket, key, last_modified_date]
--   order: 10
-- emits: [s3_object_version]
-- caveats:
--   - Its columns name themselves; the manifest only says when the inventory was made. Without the last-modified column it is left unclaimed. Inventories in ORC are not read.
-- references:
--   - https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-inventory.html
-- ---
select
    artifact_id,
    record_no,
    'inventory' as observed_by,
    record ->> '$.bucket' as bucket,
    -- Unlike in CSV, keys are as they are.
    record ->> '$.key' as key,
    record ->> '$.version_id' as version_id,
    try_cast(record ->> '$.is_latest' as boolean) as is_latest,
    try_cast(record ->> '$.is_delete_marker' as boolean) as is_delete_marker,
    instant_of(record ->> '$.last_modified_date') as last_modified,
    try_cast(record ->> '$.size' as bigint) as size,
    record ->> '$.e_tag' as etag,
    record ->> '$.storage_class' as storage_class,
    texts_of(json_extract(record, '$.checksum_algorithm')) as checksum_algorithm,
    record ->> '$.encryption_status' as server_side_encryption,
    record ->> '$.object_lock_mode' as object_lock_mode,
    instant_of(record ->> '$.object_lock_retain_until_date') as object_lock_retain_until_date,
    record ->> '$.object_lock_legal_hold_status' as object_lock_legal_hold_status,
    record ->> '$.replication_status' as replication_status,
    record ->> '$.object_owner' as owner_id,
    record as json,
    flags,
    null::varchar as skip_because,
    case
        when (record ->> '$.bucket') is null or (record ->> '$.key') is null
            then 'not a row of an inventory: bucket or key is null'
    end as reject_because,
from framed;
