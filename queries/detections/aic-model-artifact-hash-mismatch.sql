-- ---
-- id: aic-model-artifact-hash-mismatch
-- version: 1.0.0
-- title: Model artifact differs from its known hash
-- status: stable
-- severity: critical
-- element: ai-changes
-- attack: [T1565.001]
-- atlas: [AML.T0018]
-- description: >-
--   Finds model artifacts whose current SHA-256, as S3 keeps it over the whole content or as the sealed copy has it, is none
--   of the hashes that reference/hash.csv knows for the object. Tells the versions that are still good, and the models that
--   load the object. Misses objects without a SHA-256: an ETag is no proof and is never compared, and neither is a checksum
--   of the parts of an upload.
-- requires:
--   ref_hash: needed
--   s3_object_version: helpful
--   artifact: optional
--   v_sagemaker_model: optional
-- preconditions:
--   - query: select count(*) > 0 from ref_hash where kind = 'model'
--     otherwise: not_evaluable
--     reason: no hash of a model is known; fill reference/hash.csv with rows of kind model
--   - query: >-
--       select count(*) = 0 from ref_hash
--       where kind = 'model'
--       and not exists (select 1 from s3_object_version where sha256 is not null
--       and 's3://' || bucket || '/' || key = ref_hash.name)
--       and not exists (select 1 from artifact
--       where ends_with(artifact.original, regexp_replace(ref_hash.name, '^s3://', '')))
--     otherwise: partial
--     reason: of some known models no SHA-256 was collected; an ETag is no proof
-- parameters: {}
-- false_positives:
--   - A model that was trained again; its hash belongs into reference/hash.csv.
-- references:
--   - https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
-- changelog:
--   1.0.0: first version
-- ---
with known as (
    select
        name as uri,
        list(distinct lower(sha256) order by lower(sha256)) as good,
        string_agg(distinct note, '; ' order by note) as note
    from ref_hash
    where kind = 'model'
        and sha256 is not null
    group by name
),
version as (
    select
        known.uri,
        known.good,
        known.note,
        object.version_id,
        object.last_modified,
        object.collected_at,
        object.is_latest,
        object.size,
        object.sha256,
        object.observed_by,
        object.artifact_id,
        object.record_no
    from s3_object_version as object
    join known
        on known.uri = 's3://' || object.bucket || '/' || object.key
    where not coalesce(object.is_delete_marker, false)
),
-- The version that was stored last is the current one, whichever was looked at last.
newest as (
    select
        uri,
        arg_max(version_id, row(coalesce(last_modified, collected_at), collected_at)) as version_id,
        max(coalesce(last_modified, collected_at)) as stored_at
    from version
    group by uri
),
current_object as (
    select
        version.uri,
        first(version.good order by version.artifact_id, version.record_no) as good,
        first(version.note order by version.artifact_id, version.record_no) as note,
        newest.version_id,
        max(version.sha256) as sha256,
        max(version.last_modified) as last_modified,
        max(version.size) as size,
        max(version.collected_at) as collected_at,
        distinct_values(version.observed_by) as observed_by,
        list(
            {
                'table': 's3_object_version',
                'artifact_id': version.artifact_id,
                'record_no': version.record_no
            }
            order by version.collected_at, version.artifact_id, version.record_no
        ) as records
    from newest
    join version
        on version.uri = newest.uri
        and version.version_id is not distinct from newest.version_id
        and coalesce(version.last_modified, version.collected_at) is not distinct from newest.stored_at
    group by
        version.uri,
        newest.version_id
),
-- A sealed copy of the object itself.
copied as (
    select
        known.uri,
        first(known.good order by artifact.artifact_id) as good,
        first(known.note order by artifact.artifact_id) as note,
        null::varchar as version_id,
        artifact.sha256,
        null::timestamptz as last_modified,
        max(artifact.size) as size,
        null::timestamptz as collected_at,
        ['sealed copy'] as observed_by,
        []::struct("table" varchar, artifact_id bigint, record_no bigint)[] as records
    from artifact
    join known
        on ends_with(artifact.original, regexp_replace(known.uri, '^s3://', ''))
        and (
            artifact.original = known.uri
            or ends_with(artifact.original, '/' || regexp_replace(known.uri, '^s3://', ''))
            or artifact.original = regexp_replace(known.uri, '^s3://', '')
        )
    where artifact.member is null
    group by
        known.uri,
        artifact.sha256
),
state as (
    select * from current_object
    union all by name
    select * from copied
),
still_good as (
    select
        uri,
        list(distinct version_id order by version_id) as versions
    from version
    where list_contains(good, lower(sha256))
        and version_id is not null
    group by uri
),
loaded as (
    select
        known.uri,
        list(distinct model.model order by model.model) as models
    from v_sagemaker_model as model
    join known
        on list_contains(model.data_uris, known.uri)
    group by known.uri
)
select
    'object' as entity_type,
    state.uri as entity,
    'critical' as severity,
    coalesce(state.last_modified, state.collected_at) as first_seen,
    coalesce(state.last_modified, state.collected_at) as last_seen,
    1::bigint as event_count,
    'the SHA-256 of ' || state.uri || coalesce(' version ' || state.version_id, '') || ' is '
    || left(state.sha256, 12) || '…, known is '
    || array_to_string(list_transform(state.good, lambda hash : left(hash, 12) || '…'), ' or ')
    || coalesce(' (' || state.note || ')', '')
    || coalesce('; stored at ' || moment(state.last_modified), '')
    || coalesce('; version ' || array_to_string(still_good.versions, ', ') || ' is still good', '')
    || coalesce('; loaded by ' || named(loaded.models), '') as summary,
    state.records,
    'arn:aws:s3:::' || regexp_replace(state.uri, '^s3://', '') as resource,
    {
        'sha256': state.sha256,
        'known_sha256': state.good,
        'version_id': state.version_id,
        'bytes': state.size,
        'last_modified': state.last_modified,
        'collected': state.collected_at,
        'observed_by': state.observed_by,
        'good_versions': coalesce(still_good.versions, []),
        'models': coalesce(loaded.models, [])
    } as metrics
from state
left join still_good
    on still_good.uri = state.uri
left join loaded
    on loaded.uri = state.uri
where state.sha256 is not null
    and not list_contains(state.good, lower(state.sha256))
order by
    first_seen,
    entity,
    state.sha256
