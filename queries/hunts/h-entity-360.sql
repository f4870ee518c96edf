-- ---
-- id: h-entity-360
-- version: 1.0.0
-- title: What does the evidence know of this thing?
-- status: stable
-- description: >-
--   Finds in every source what is known of an identity, credential, address, resource, model or id: first and last time,
--   counts, identities, addresses and actions around it, and findings of AWS that name it. Misses other spellings of the
--   same thing.
-- requires:
--   v_event: needed
--   security_finding: optional
--   v_flagged: optional
-- parameters:
--   entity: {type: text, required: true, description: "identity, key, address, bucket, model, id"}
-- references: []
-- changelog:
--   1.0.0: first version
-- ---
with mention as (
    select
        source,
        case
            when principal = $entity::varchar or short_name(principal) = $entity::varchar then 'identity'
            when credential = $entity::varchar then 'credential'
            when source_ip = $entity::varchar then 'address'
            else 'resource'
        end as role,
        event_time,
        coalesce(event_end, event_time) as event_end,
        principal,
        credential,
        source_ip,
        action,
        region,
        outcome,
        bytes,
        artifact_id,
        record_no
    from v_event
    where principal = $entity::varchar
        or short_name(principal) = $entity::varchar
        or credential = $entity::varchar
        or source_ip = $entity::varchar
        or resource = $entity::varchar
        or resource = 'arn:aws:s3:::' || $entity::varchar
        or starts_with(resource, 'arn:aws:s3:::' || $entity::varchar || '/')
)
select
    source,
    role,
    min(event_time) as first_seen,
    max(event_end) as last_seen,
    count(*) as event_count,
    count(*) filter (outcome not in ('success', '200', '204', '206', 'ACCEPT', 'NONE')) as not_successful,
    sum(bytes)::bigint as bytes,
    list_slice(distinct_values(action), 1, 40) as actions,
    list_slice(distinct_values(principal), 1, 20) as principals,
    list_slice(distinct_values(credential), 1, 20) as credentials,
    list_slice(distinct_values(source_ip), 1, 40) as addresses,
    distinct_values(region) as regions,
    null as note,
    arg_min(
        {'table': source, 'artifact_id': artifact_id, 'record_no': record_no},
        row(event_time, artifact_id, record_no),
        50
    ) as records
from mention
group by
    source,
    role
union all
select
    'security_finding',
    product,
    min(first_seen),
    max(last_seen),
    count(*),
    null,
    null,
    distinct_values(type),
    distinct_values(principal),
    distinct_values(access_key_id),
    distinct_values(remote_ip),
    distinct_values(region),
    named(distinct_values(finding_id)),
    arg_min(
        {'table': 'security_finding', 'artifact_id': artifact_id, 'record_no': record_no},
        row(first_seen, artifact_id, record_no),
        50
    )
from security_finding
where access_key_id = $entity::varchar
    or principal = $entity::varchar
    or short_name(principal) = $entity::varchar
    or remote_ip = $entity::varchar
    or resource_arn = $entity::varchar
    or resource_arn = 'arn:aws:s3:::' || $entity::varchar
group by product
union all
select
    'v_flagged',
    kind,
    since,
    null,
    1,
    null,
    null,
    [],
    [],
    [],
    [],
    [],
    via,
    []
from v_flagged
where value = $entity::varchar
order by
    first_seen,
    source,
    role
