-- ---
-- id: h-object-history
-- version: 1.0.0
-- title: What happened to this object, version by version?
-- status: stable
-- description: >-
--   Finds the versions of an object in listings, its writes, deletions, reads and copies in access logs and CloudTrail,
--   with version, size, ETag, checksum and identity, in the order of time. Misses versions that were deleted for good
--   before somebody listed them.
-- requires:
--   s3_object_version: helpful
--   v_s3_request: helpful
-- parameters:
--   bucket: {type: text, default: null, description: name of the bucket}
--   key: {type: text, required: true, description: "key, or a pattern with *"}
--   reads: {type: boolean, default: true, description: reads too}
-- references: []
-- changelog:
--   1.0.0: first version
-- ---
with history as (
    select
        last_modified as event_time,
        'version' as kind,
        's3_object_version' as source,
        bucket,
        key,
        version_id,
        case when is_delete_marker then 'delete marker' else 'stored' end as action,
        null as principal,
        null as credential,
        null as source_ip,
        size,
        etag,
        coalesce(sha256, checksum_sha256) as checksum,
        is_latest,
        observed_by || coalesce(' at ' || moment(collected_at), '') as note,
        artifact_id,
        record_no
    from s3_object_version
    where key like text_pattern($key::varchar) escape '\'
        and ($bucket::varchar is null or bucket = $bucket::varchar)
    union all
    select
        event_time,
        'request',
        case when cloudtrail_artifact_id is null then 's3_access' else 'cloudtrail_event' end,
        bucket,
        key,
        version_id,
        coalesce(operation, event_name),
        principal,
        credential,
        source_ip,
        coalesce(object_size, bytes),
        null,
        null,
        null,
        concat_ws(', ', coalesce(error_code, http_status::varchar), seen_by),
        artifact_id,
        record_no
    from v_s3_request
    where key like text_pattern($key::varchar) escape '\'
        and ($bucket::varchar is null or bucket = $bucket::varchar)
        and ($reads::boolean
            or not regexp_matches(coalesce(operation, event_name), '(?i)get|head|list'))
)
select *
from history
order by
    event_time,
    kind desc,
    bucket,
    key,
    version_id,
    artifact_id,
    record_no
