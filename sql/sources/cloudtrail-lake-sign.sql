-- ---
-- id: cloudtrail_lake_sign
-- version: 1.0.0
-- title: Sign files of saved CloudTrail Lake query results
-- recognises:
--   json:
--     - in: ['']
--       keys: [hashSignature, publicKeyFingerprint]
--   order: -1
-- name: true
-- fields:
--   version: VARCHAR
--   region: VARCHAR
--   files: JSON
--   hashAlgorithm: VARCHAR
--   signatureAlgorithm: VARCHAR
--   queryCompleteTime: VARCHAR
--   hashSignature: VARCHAR
--   publicKeyFingerprint: VARCHAR
-- emits: [cloudtrail_lake_sign]
-- caveats:
--   - The hashes are of the compressed result files; a result that was unpacked and packed again does not fit.
-- references:
--   - https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-results-file-validation-sign-file-structure.html
-- ---
with placed as (
    select
        *,
        regexp_extract(_name, 'AWSLogs/([0-9]{12})/CloudTrail-Lake/Query/[0-9/]{10}/([^/]+)/', ['account', 'query'])
            as place,
        instant_of(queryCompleteTime) as query_complete_time,
    from framed
)

select
    artifact_id,
    record_no,
    nullif(placed.place.account, '') as account_id,
    region,
    nullif(placed.place.query, '') as query_id,
    query_complete_time,
    files,
    json_array_length(files)::bigint as file_count,
    hashSignature as hash_signature,
    publicKeyFingerprint as public_key_fingerprint,
    unknown,
    nullif(
        list_concat(
            coalesce(flags, []),
            case when query_complete_time is null then ['no_complete_time'] else [] end,
            case when json_type(files) is distinct from 'ARRAY' then ['no_files'] else [] end
        ),
        []
    ) as flags,
    null::varchar as skip_because,
    case
        when hashSignature is null and publicKeyFingerprint is null
            then 'not a sign file: hashSignature and publicKeyFingerprint are missing'
    end as reject_because,
from placed;
