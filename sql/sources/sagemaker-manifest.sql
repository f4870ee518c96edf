-- ---
-- id: sagemaker_manifest
-- version: 1.0.0
-- title: Manifests of S3 objects (SageMaker batch transform capture, training input)
-- recognises:
--   json:
--     - in: ['']
--       keys: [prefix]
--       array: true
--       whole: true
--   order: 50
-- name: true
-- emits: [sagemaker_manifest]
-- caveats:
--   - Batch capture keeps no bodies, only where they are.
-- references:
--   - https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-data-capture-batch.html
--   - https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_S3DataSource.html
-- ---
select
    artifact_id,
    record_no,
    nullif(regexp_extract(_name, '/(input|output)/[0-9]{4}/[0-9]{2}/[0-9]{2}/[0-9]{2}/[^/]+$', 1), '') as direction,
    record ->> '$[0].prefix' as prefix,
    list_filter(json_extract_string(record, '$[*]'), lambda key : not starts_with(key, '{')) as keys,
    record as json,
    flags,
    null::varchar as skip_because,
    case
        when json_type(record) is distinct from 'ARRAY' or not starts_with(record ->> '$[0].prefix', 's3://')
            then 'not a manifest: it is no array that begins with an S3 prefix'
    end as reject_because,
from framed;
