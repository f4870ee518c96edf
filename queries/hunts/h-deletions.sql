-- ---
-- id: h-deletions
-- version: 1.0.0
-- title: What was deleted, and can it be had back?
-- status: stable
-- description: >-
--   Finds deletions of objects and of resources, with identity and outcome, and for objects the newest older version
--   that a listing shows. Misses deletions by lifecycle rules that no access log holds.
-- requires:
--   cloudtrail_event: helpful
--   v_object_write: helpful
--   s3_object_version: optional
-- parameters:
--   principal: {type: text, default: null, description: "ARN, name, or a pattern with * of an identity"}
--   case_from: {type: timestamptz, default: null, description: only from here}
--   case_to: {type: timestamptz, default: null, description: only before}
-- references: []
-- changelog:
--   1.0.0: first version
-- ---
with deletion as (
    select
        event_time,
        'object' as kind,
        principal,
        credential,
        source_ip_address as source_ip,
        'delete' as action,
        'success' as outcome,
        bucket,
        key,
        version_id,
        'arn:aws:s3:::' || bucket || '/' || coalesce(key, '') as resource,
        artifact_id,
        record_no
    from v_object_write
    where is_delete
    union all
    select
        event_time,
        'resource',
        principal,
        credential,
        source_ip_address,
        short_source(event_source) || ':' || event_name,
        coalesce(error_code, 'success'),
        null,
        null,
        null,
        event_resource(request_parameters, resources),
        artifact_id,
        record_no
    from cloudtrail_event
    where regexp_matches(event_name, '^(Delete|Terminate|Deregister|ScheduleKeyDeletion)')
        and event_name not in ('DeleteObject', 'DeleteObjects', 'DeleteObjectVersion')
),
version as (
    select
        bucket,
        key,
        max(last_modified) as last_modified,
        arg_max(version_id, row(last_modified, version_id)) as version_id
    from s3_object_version
    where not coalesce(is_delete_marker, false)
    group by
        bucket,
        key
)
select
    deletion.event_time,
    deletion.kind,
    deletion.action,
    deletion.resource,
    deletion.principal,
    deletion.credential,
    deletion.source_ip,
    deletion.outcome,
    version.version_id as recoverable_version,
    version.last_modified as recoverable_from,
    deletion.artifact_id,
    deletion.record_no
from deletion
left join version
    on version.bucket = deletion.bucket
    and version.key = deletion.key
    and version.version_id is distinct from deletion.version_id
where ($principal::varchar is null
        or principal_matches($principal::varchar, deletion.principal)
        or short_name(deletion.principal) = $principal::varchar)
    and in_period(deletion.event_time, $case_from::timestamptz, $case_to::timestamptz)
order by
    deletion.event_time,
    deletion.artifact_id,
    deletion.record_no
