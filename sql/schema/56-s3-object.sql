-- S3 objects and their versions, as they were when somebody looked.

create table if not exists s3_object_version (
    artifact_id bigint not null,
    record_no bigint not null,
    observed_by varchar,
    collected_at timestamptz,
    bucket varchar,
    key varchar,
    version_id varchar,
    is_latest boolean,
    is_delete_marker boolean,
    last_modified timestamptz,
    size bigint,
    etag varchar,
    storage_class varchar,
    checksum_algorithm varchar[],
    checksum_type varchar,
    checksum_sha256 varchar,
    sha256 varchar,
    server_side_encryption varchar,
    kms_key_id varchar,
    object_lock_mode varchar,
    object_lock_retain_until_date timestamptz,
    object_lock_legal_hold_status varchar,
    replication_status varchar,
    content_type varchar,
    metadata json,
    owner_id varchar,
    json json,
    flags varchar[],
);
comment on table s3_object_version is 'One version of an object or one delete marker, by a listing, by head-object, by get-object-attributes or by S3 Inventory.';
comment on column s3_object_version.observed_by is 'list-object-versions, list-objects-v2, head-object, get-object-attributes or inventory.';
comment on column s3_object_version.collected_at is 'When it was listed: folder of the file, for an inventory its creation time.';
comment on column s3_object_version.bucket is 'Bucket by the answer, else by the name of its file; null when neither says.';
comment on column s3_object_version.key is 'Key as the answer has it; of an inventory in CSV percent-decoded.';
comment on column s3_object_version.version_id is 'The text null for what was stored while versioning was off; SQL null when versions were not listed.';
comment on column s3_object_version.is_latest is 'Null when the answer does not say.';
comment on column s3_object_version.etag is 'Without quotes. MD5 of the content only for one part that is not encrypted with KMS.';
comment on column s3_object_version.checksum_type is 'FULL_OBJECT (over the content) or COMPOSITE (over the checksums of the parts).';
comment on column s3_object_version.checksum_sha256 is 'As S3 gives it: base64.';
comment on column s3_object_version.sha256 is 'SHA-256 of the content in lower-case hex; null for a composite checksum.';
comment on column s3_object_version.metadata is 'User metadata (x-amz-meta-*), keys in lower case.';
comment on column s3_object_version.json is 'The whole record.';
comment on column s3_object_version.flags is 'no_bucket. columns_unknown: an inventory row without its manifest. percent_in_key: the key may be percent-encoded.';

create table if not exists s3_inventory (
    artifact_id bigint not null,
    record_no bigint not null,
    source_bucket varchar,
    destination_bucket varchar,
    creation_timestamp timestamptz,
    file_format varchar,
    file_schema varchar[],
    files json,
    json json,
    flags varchar[],
);
comment on table s3_inventory is 'One manifest of S3 Inventory: which columns its data files have, and which files there are.';
comment on column s3_inventory.files is 'Data files with key, size and MD5.';

create table if not exists s3_inventory_row (
    artifact_id bigint not null,
    record_no bigint not null,
    object_key varchar,
    bucket varchar,
    key varchar,
    fields varchar[],
    flags varchar[],
);
comment on table s3_inventory_row is 'One row of a data file of S3 Inventory, as written; s3_object_version has it by its columns.';
comment on column s3_inventory_row.object_key is 'Path of the data file, by which its manifest lists it.';
comment on column s3_inventory_row.fields is 'Values in the order of file_schema of the manifest.';
