-- ---
-- id: cloudtrail_digest
-- version: 1.0.0
-- title: CloudTrail digest files
-- recognises:
--   json:
--     - in: ['']
--       keys: [digestS3Object, digestEndTime]
--     - in: ['']
--       keys: [digestPublicKeyFingerprint, logFiles]
--   order: -1
-- fields:
--   awsAccountId: VARCHAR
--   digestStartTime: VARCHAR
--   digestEndTime: VARCHAR
--   digestS3Bucket: VARCHAR
--   digestS3Object: VARCHAR
--   digestPublicKeyFingerprint: VARCHAR
--   digestSignatureAlgorithm: VARCHAR
--   newestEventTime: VARCHAR
--   oldestEventTime: VARCHAR
--   previousDigestS3Bucket: VARCHAR
--   previousDigestS3Object: VARCHAR
--   previousDigestHashValue: VARCHAR
--   previousDigestHashAlgorithm: VARCHAR
--   previousDigestSignature: VARCHAR
--   logFiles: JSON
-- emits: [cloudtrail_digest]
-- identity: [digest_s3_object, digest_s3_bucket]
-- conflict_flag: digest_conflict
-- caveats:
--   - A digest is signed in the metadata of its S3 object, which copying a bucket loses; the next digest repeats it.
--   - A digest without log files is evidence that nothing was delivered, a missing digest is not.
-- references:
--   - https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-validation-digest-file-structure.html
-- ---
with located as (
    select
        *,
        -- A trail may be called anything: the region is what stands in the path, the trail what the rest leaves.
        regexp_extract(
            digestS3Object,
            '/CloudTrail-Digest/([a-z0-9-]+)/[0-9]{4}/[0-9]{2}/[0-9]{2}/'
            || '[0-9]+_CloudTrail-Digest_[a-z0-9-]+?_(.+)_[a-z]{2}(?:-[a-z]+)+-[0-9]+_[0-9]{8}T[0-9]{6}Z(_backfill)?\.json',
            ['region', 'trail', 'backfill']
        ) as place,
        instant_of(digestEndTime) as digest_end_time,
    from framed
)

select
    artifact_id,
    record_no,
    awsAccountId as account_id,
    coalesce(
        nullif(located.place.region, ''),
        nullif(regexp_extract(digestS3Object, '/CloudTrail-Digest/([a-z0-9-]+)/', 1), '')
    ) as region,
    nullif(located.place.trail, '') as trail,
    instant_of(digestStartTime) as digest_start_time,
    digest_end_time,
    contains(digestS3Object, 'Z_backfill.json') as is_backfill,
    digestS3Bucket as digest_s3_bucket,
    digestS3Object as digest_s3_object,
    digestPublicKeyFingerprint as digest_public_key_fingerprint,
    digestSignatureAlgorithm as digest_signature_algorithm,
    instant_of(newestEventTime) as newest_event_time,
    instant_of(oldestEventTime) as oldest_event_time,
    previousDigestS3Bucket as previous_digest_s3_bucket,
    previousDigestS3Object as previous_digest_s3_object,
    previousDigestHashValue as previous_digest_hash_value,
    previousDigestHashAlgorithm as previous_digest_hash_algorithm,
    previousDigestSignature as previous_digest_signature,
    logFiles as log_files,
    json_array_length(logFiles)::bigint as log_file_count,
    digestEndTime as digest_end_time_text,
    unknown,
    nullif(
        list_concat(
            coalesce(flags, []),
            case when digest_end_time is null then ['no_end_time'] else [] end,
            case when json_type(logFiles) is distinct from 'ARRAY' then ['no_log_files'] else [] end
        ),
        []
    ) as flags,
    null::varchar as skip_because,
    case
        when digestS3Object is null and digestPublicKeyFingerprint is null and digestEndTime is null then
            'not a digest: digestS3Object, digestPublicKeyFingerprint and digestEndTime are missing'
    end as reject_because,
from located;
