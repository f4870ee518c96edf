-- ---
-- id: cloudtrail_public_key
-- version: 1.0.0
-- title: Public keys of CloudTrail digests (list-public-keys)
-- recognises:
--   json:
--     - in: [PublicKeyList, publicKeyList]
--       keys: [Fingerprint]
--     - in: [PublicKeyList, publicKeyList]
--       keys: [fingerprint]
--     - in: ['']
--       keys: [Fingerprint, Value, ValidityStartTime]
-- name: true
-- emits: [cloudtrail_public_key]
-- caveats:
--   - Keys belong to a region, which only the folder of the answer tells.
--   - A key proves nothing by itself; its sealed file shows what AWS answered on the day of collection.
-- references:
--   - https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_ListPublicKeys.html
-- ---
with renamed as (
    select
        artifact_id,
        record_no,
        collected_at(_name) as collected_at,
        collected_region(_name) as region,
        coalesce(record ->> '$.Fingerprint', record ->> '$.fingerprint') as fingerprint,
        coalesce(record ->> '$.Value', record ->> '$.value') as value,
        instant_of(coalesce(record ->> '$.ValidityStartTime', record ->> '$.validityStartTime'))
            as validity_start_time,
        instant_of(coalesce(record ->> '$.ValidityEndTime', record ->> '$.validityEndTime'))
            as validity_end_time,
        without_keys(
            record,
            [
                'Fingerprint',
                'Value',
                'ValidityStartTime',
                'ValidityEndTime',
                'fingerprint',
                'value',
                'validityStartTime',
                'validityEndTime'
            ]
        ) as unknown,
        flags,
    from framed
)

select
    * replace (nullif(unknown, '{}') as unknown, nullif(
        list_concat(
            coalesce(flags, []),
            case
                when try(from_base64(value)) is null then ['value_unreadable']
                when md5(try(from_base64(value))) <> lower(fingerprint)
                    then ['fingerprint_mismatch']
                else []
            end
        ),
        []
    ) as flags),
    null::varchar as skip_because,
    case
        when fingerprint is null and value is null
            then 'not a public key: Fingerprint and Value are missing'
    end
        as reject_because,
from renamed;
