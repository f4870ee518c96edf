-- ---
-- id: aic-model-artifact-overwritten
-- version: 1.0.0
-- title: Model artifact overwritten or deleted
-- status: stable
-- severity: critical
-- element: ai-changes
-- attack: [T1565.001]
-- atlas: [AML.T0018, AML.T0010.003, AML.T0018.000]
-- description: >-
--   Finds objects among the known model artifacts that an identity outside the model writers wrote or deleted, and
--   existing ones that anybody replaced away from the end of a training job or a change of the model registry. One finding
--   per object and identity with the versions, sizes and hashes before and after. Misses writes that neither the access
--   log nor a data event recorded, and artifacts outside the known prefixes.
-- requires:
--   v_object_write: optional
--   s3_access: helpful
--   cloudtrail_event: helpful
--   s3_object_version: optional
--   api_snapshot: optional
--   ref_principal: helpful
--   ref_prefix: optional
--   ref_bucket: optional
-- preconditions:
--   - query: >-
--       select (select count(*) > 0 from s3_access)
--       or (select count(*) > 0 from cloudtrail_event where event_source = 's3.amazonaws.com')
--     otherwise: not_evaluable
--     reason: neither access logs nor calls of S3 are in the evidence
--   - query: >-
--       select (select count(*) > 0 from ref_prefix where class = 'model')
--       or (select count(*) > 0 from ref_bucket where class = 'model')
--     otherwise: not_evaluable
--     reason: no place of model artifacts is known; fill reference/prefix.csv or reference/bucket.csv
--   - query: select count(*) > 0 from ref_principal where class = 'model_writer'
--     otherwise: partial
--     reason: no model writer is known, so only replaced artifacts are found; fill reference/principal.csv
-- parameters:
--   around_job: {type: interval, default: 15 minutes, description: a write this near to the end of a job belongs to it}
-- false_positives:
--   - A model that somebody promotes by hand.
-- references:
--   - https://docs.aws.amazon.com/AmazonS3/latest/userguide/LogFormat.html
-- changelog:
--   1.0.0: first version
-- ---
with model_bucket as (
    select bucket
    from ref_prefix
    where class = 'model'
    union
    select bucket
    from ref_bucket
    where class = 'model'
),
write as (
    select *
    from v_object_write
    where bucket in (select bucket from model_bucket)
),
placed as (
    select
        write.*,
        row(write.event_time, write.artifact_id, write.record_no) as position
    from write
    where object_class(write.bucket, write.key) = 'model'
),
writer as (
    select distinct actor.principal
    from (select distinct principal from placed) as actor
    join ref_principal as known
        on known.class = 'model_writer'
        and principal_matches(known.principal, actor.principal)
),
-- When training jobs ended, as far as an answer says; else the longest time that the job was given.
job as (
    select
        instant_of(json ->> '$.TrainingEndTime') - $around_job::interval as since,
        instant_of(json ->> '$.TrainingEndTime') + $around_job::interval as until
    from api_snapshot
    where service = 'sagemaker'
        and operation = 'describe-training-job'
        and (json ->> '$.TrainingEndTime') is not null
    union all
    select
        event_time - $around_job::interval as since,
        event_time + $around_job::interval + case
            when event_name = 'CreateTrainingJob'
            then to_seconds(
                coalesce(
                    try_cast(request_parameters ->> '$.stoppingCondition.maxRuntimeInSeconds' as bigint),
                    86400
                )
            )
            else interval 0 second
        end as until
    from cloudtrail_event
    where event_source = 'sagemaker.amazonaws.com'
        and event_name in ('CreateTrainingJob', 'CreateModelPackage', 'UpdateModelPackage')
        and error_code is null
        and (
            event_name <> 'CreateTrainingJob'
            or (request_parameters ->> '$.trainingJobName') not in (
                select json ->> '$.TrainingJobName'
                from api_snapshot
                where service = 'sagemaker'
                    and operation = 'describe-training-job'
                    and (json ->> '$.TrainingEndTime') is not null
                    and (json ->> '$.TrainingJobName') is not null
            )
        )
),
-- One row per version, whatever looked at it.
version as (
    select
        bucket,
        key,
        version_id,
        min(last_modified) as last_modified,
        max(size) as size,
        max(etag) as etag,
        max(sha256) as sha256,
        bool_or(coalesce(is_delete_marker, false)) as is_delete_marker
    from s3_object_version
    where bucket in (select bucket from model_bucket)
        and version_id is not null
    group by
        bucket,
        key,
        version_id
),
earlier as (
    select
        placed.artifact_id,
        placed.record_no,
        arg_max(
            {
                'version_id': version.version_id,
                'size': version.size,
                'etag': version.etag,
                'sha256': version.sha256,
                'last_modified': version.last_modified
            },
            row(version.last_modified, version.version_id)
        ) as state
    from placed
    join version
        on version.bucket = placed.bucket
        and version.key = placed.key
        and version.last_modified < placed.event_time
        and version.version_id is distinct from placed.version_id
        and not version.is_delete_marker
    group by
        placed.artifact_id,
        placed.record_no
),
judged as (
    select
        placed.*,
        writer.principal is null
        and (select count(*) > 0 from ref_principal where class = 'model_writer') as is_stranger,
        lag(placed.event_time) over (
            partition by placed.bucket, placed.key
            order by placed.position
        ) as written_before,
        lag({'version_id': placed.version_id, 'size': placed.size}) over (
            partition by placed.bucket, placed.key
            order by placed.position
        ) as previous,
        earlier.state as old,
        coalesce(version.size, placed.size) as new_size,
        version.etag as new_etag,
        version.sha256 as new_sha256,
        exists (
            select 1
            from job
            where placed.event_time between job.since and job.until
        ) as is_in_job
    from placed
    left join writer
        on writer.principal = placed.principal
    left join earlier
        on earlier.artifact_id = placed.artifact_id
        and earlier.record_no = placed.record_no
    left join version
        on version.bucket = placed.bucket
        and version.key = placed.key
        and version.version_id = placed.version_id
),
reported as (
    select
        *,
        old is not null or written_before is not null as is_replaced
    from judged
    where is_stranger
        or (old is not null or written_before is not null)
        and not is_in_job
),
finding as (
    select
        bucket,
        key,
        principal,
        bool_or(is_stranger) as is_stranger,
        bool_or(is_replaced) as is_replaced,
        bool_or(is_delete) as is_deleted,
        min(event_time) as first_seen,
        max(event_time) as last_seen,
        count(*) as event_count,
        arg_min(coalesce(old.version_id, previous.version_id), position) as old_version,
        arg_min(coalesce(old.size, previous.size), position) as old_size,
        arg_min(old.etag, position) as old_etag,
        arg_min(old.sha256, position) as old_sha256,
        arg_max(version_id, position) as new_version,
        arg_max(new_size, position) filter (not is_delete) as new_size,
        arg_max(new_etag, position) as new_etag,
        arg_max(new_sha256, position) as new_sha256,
        distinct_values(operation) as operation,
        distinct_values(credential) as credential,
        distinct_values(source_ip_address) as address,
        distinct_values(user_agent) as user_agent,
        list(
            {
                'table': 'cloudtrail_event',
                'artifact_id': cloudtrail_artifact_id,
                'record_no': cloudtrail_record_no
            }
            order by position
        ) filter (cloudtrail_artifact_id is not null) as cloudtrail_records,
        list(
            {'table': 's3_access', 'artifact_id': access_artifact_id, 'record_no': access_record_no}
            order by position
        ) filter (access_artifact_id is not null) as access_records
    from reported
    group by
        bucket,
        key,
        principal
)
select
    'object' as entity_type,
    's3://' || bucket || '/' || key as entity,
    'critical' as severity,
    first_seen,
    last_seen,
    event_count,
    short_name(principal) || case
        when is_deleted then ' deleted '
        when is_replaced then ' replaced '
        else ' wrote '
    end
    || 'model artifact ' || key || ' in ' || bucket || ' at ' || moment(first_seen)
    || case
        when old_version is not null or new_version is not null
        then ', version ' || coalesce(old_version, 'unknown') || ' to ' || coalesce(new_version, 'unknown')
        else ''
    end
    || case
        when old_size is not null and new_size is not null
        then format(', {:,} to {:,} bytes', old_size, new_size)
        else ''
    end
    || case
        when is_stranger then '; the identity is no model writer'
        else '; no training job ended and no package changed around it'
    end as summary,
    coalesce(cloudtrail_records, []) || coalesce(access_records, []) as records,
    principal as actor,
    case when len(address) = 1 then address[1] end as source_ip,
    'arn:aws:s3:::' || bucket || '/' || key as resource,
    {
        'operations': operation,
        'stranger': is_stranger,
        'replaced': is_replaced,
        'deleted': is_deleted,
        'old_version': old_version,
        'new_version': new_version,
        'bytes_before': old_size,
        'bytes_after': new_size,
        'old_etag': old_etag,
        'new_etag': new_etag,
        'old_sha256': old_sha256,
        'new_sha256': new_sha256,
        'credentials': credential,
        'addresses': address,
        'user_agents': user_agent
    } as metrics
from finding
order by
    first_seen,
    entity,
    actor
