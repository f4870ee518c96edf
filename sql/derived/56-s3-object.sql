-- Listings that name their bucket beside the objects, and inventories, whose columns their manifest names.

update s3_object_version
set bucket = artifact.wrapper ->> '$.Name'
from artifact
where artifact.artifact_id = s3_object_version.artifact_id
    and (artifact.wrapper ->> '$.Name') is not null
    and s3_object_version.observed_by in ('list-object-versions', 'list-objects-v2');

delete from s3_object_version
where artifact_id in (select artifact_id from s3_inventory_row);

insert into s3_object_version by name
with data_file as (
    select
        *,
        file ->> '$.key' as file_key,
    from (
        select
            creation_timestamp,
            file_schema,
            unnest(json_extract(files, '$[*]')) as file,
        from s3_inventory
        where file_schema is not null
    )
),

-- One manifest for each data file: the latest that lists it.
listing as (
    select
        object_key,
        arg_max(file_schema, creation_timestamp) as file_schema,
        max(creation_timestamp) as creation_timestamp,
    from (select distinct object_key from s3_inventory_row) as present
    join data_file
        on ends_with(present.object_key, regexp_extract(data_file.file_key, '[^/]+$'))
    group by object_key
),

named as (
    select
        s3_inventory_row.*,
        listing.creation_timestamp,
        object_of(
            listing.file_schema,
            list_transform(fields, lambda field : nullif(field, ''))
        ) as value,
    from s3_inventory_row
    left join listing
        using (object_key)
)

select
    artifact_id,
    record_no,
    'inventory' as observed_by,
    creation_timestamp as collected_at,
    coalesce(value ->> '$.Bucket', bucket) as bucket,
    coalesce(form_decoded(value ->> '$.Key'), key) as key,
    value ->> '$.VersionId' as version_id,
    try_cast(value ->> '$.IsLatest' as boolean) as is_latest,
    try_cast(value ->> '$.IsDeleteMarker' as boolean) as is_delete_marker,
    instant_of(value ->> '$.LastModifiedDate') as last_modified,
    try_cast(value ->> '$.Size' as bigint) as size,
    value ->> '$.ETag' as etag,
    value ->> '$.StorageClass' as storage_class,
    texts_of(json_extract(value, '$.ChecksumAlgorithm')) as checksum_algorithm,
    value ->> '$.EncryptionStatus' as server_side_encryption,
    value ->> '$.ObjectLockMode' as object_lock_mode,
    instant_of(value ->> '$.ObjectLockRetainUntilDate') as object_lock_retain_until_date,
    value ->> '$.ObjectLockLegalHoldStatus' as object_lock_legal_hold_status,
    value ->> '$.ReplicationStatus' as replication_status,
    value ->> '$.ObjectOwner' as owner_id,
    coalesce(value, to_json(fields)) as json,
    nullif(
        list_concat(coalesce(flags, []), case when value is null then ['columns_unknown'] else [] end),
        []
    ) as flags,
from named;

-- In Parquet the columns name themselves, and only the moment is missing.
update s3_object_version
set collected_at = listing.creation_timestamp
from (
    select
        artifact.artifact_id,
        max(data_file.creation_timestamp) as creation_timestamp,
    from artifact
    join (
        select
            creation_timestamp,
            regexp_extract(unnest(json_extract_string(files, '$[*].key')), '[^/]+$') as file_name,
        from s3_inventory
    ) as data_file
        on file_name <> ''
        and ends_with('/' || coalesce(artifact.member, artifact.original), '/' || file_name)
    where artifact.source = 's3_inventory_parquet'
    group by artifact.artifact_id
) as listing
where listing.artifact_id = s3_object_version.artifact_id;

update s3_object_version
set flags = list_append(coalesce(flags, []), 'no_bucket')
where bucket is null
    and not list_contains(coalesce(flags, []), 'no_bucket');
