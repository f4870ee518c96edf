-- ---
-- id: s3_inventory_row
-- version: 1.0.0
-- title: Data files of S3 Inventory (CSV)
-- recognises:
--   bare_csv: '(?:^|/)data/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\.csv(?:\.gz)?$'
-- name: true
-- emits: [s3_inventory_row]
-- caveats:
--   - A data file has no header. Without its manifest only bucket and key are known.
--   - Inventories in ORC are not read.
-- references:
--   - https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-inventory.html
-- ---
select
    artifact_id,
    record_no,
    regexp_replace(_name, '\\', '/', 'g') as object_key,
    record ->> '$.values[0]' as bucket,
    form_decoded(record ->> '$.values[1]') as key,
    json_extract_string(record, '$.values[*]') as fields,
    flags,
    null::varchar as skip_because,
    case
        when (record ->> '$.values[1]') is null
            then 'not a row of an inventory: it has no second field'
    end
        as reject_because,
from framed;
