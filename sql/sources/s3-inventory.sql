-- ---
-- id: s3_inventory
-- version: 1.0.0
-- title: Manifests of S3 Inventory
-- recognises:
--   json:
--     - in: ['']
--       keys: [sourceBucket, fileSchema, files]
-- emits: [s3_inventory]
-- identity: [source_bucket, creation_timestamp]
-- caveats:
--   - An inventory is made daily or weekly and is eventually consistent; it is no proof of a moment.
-- references:
--   - https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-inventory-location.html
-- ---
select
    artifact_id,
    record_no,
    record ->> '$.sourceBucket' as source_bucket,
    regexp_replace(record ->> '$.destinationBucket', '^arn:[^:]*:s3:::', '') as destination_bucket,
    instant_of(record ->> '$.creationTimestamp') as creation_timestamp,
    record ->> '$.fileFormat' as file_format,
    -- For ORC and Parquet the schema is one of those formats, not a list of names.
    case
        when upper(record ->> '$.fileFormat') = 'CSV' then list_transform(
            string_split(record ->> '$.fileSchema', ','),
            lambda name : trim(name)
        )
    end as file_schema,
    json_extract(record, '$.files') as files,
    record as json,
    flags,
    null::varchar as skip_because,
    case
        when (record ->> '$.sourceBucket') is null
            then 'not a manifest: sourceBucket is missing'
    end
        as reject_because,
from framed;
