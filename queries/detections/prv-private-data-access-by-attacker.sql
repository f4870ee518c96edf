-- ---
-- id: prv-private-data-access-by-attacker
-- version: 1.0.0
-- title: Private data reached by an identity that the attacker holds
-- status: stable
-- severity: critical
-- element: private-data
-- attack: [T1530, T1213, T1555.006]
-- atlas: [AML.T0036]
-- description: >-
--   Finds requests on private data by credentials, identities and addresses that v_flagged gives to the attacker, from the
--   moment on that it does, one finding per identity, address and store, with objects, bytes and outcome; medium when all
--   of them were refused. Private is what reference/bucket.csv and reference/prefix.csv say, whether bucket, table,
--   database, secret, parameter or key. Misses private data that nobody listed, queries whose request names no store, and
--   reads that no log holds.
-- requires:
--   v_private_access: optional
--   v_flagged: optional
--   ref_bucket: optional
--   ref_prefix: optional
--   ref_classification: optional
--   s3_access: helpful
--   cloudtrail_event: helpful
-- preconditions:
--   - query: >-
--       select (select count(*) from ref_bucket where class = 'private')
--       + (select count(*) from ref_prefix where class = 'private') > 0
--     otherwise: not_evaluable
--     reason: no private data is known; fill reference/bucket.csv
--   - query: select exists (from s3_access) or exists (from cloudtrail_event)
--     otherwise: not_evaluable
--     reason: neither S3 access logs nor CloudTrail are in the evidence
--   - query: select exists (from v_flagged)
--     otherwise: not_evaluable
--     reason: nothing is known to be in the attacker's hands; fill reference/ioc.csv
-- parameters: {}
-- false_positives:
--   - The owner of a leaked key who goes on working with it.
-- references:
--   - https://aws.amazon.com/blogs/security/methodology-for-incident-response-on-generative-ai-workloads/
-- changelog:
--   1.0.0: first version
-- ---
with flagged as materialized (
    select
        kind,
        value,
        principal_key(value) as key,
        since - interval 1 second as since,
        via
    from v_flagged
),
access as (
    select
        event_time,
        source,
        coalesce(principal, 'anonymous') as principal,
        credential,
        source_ip,
        user_agent,
        operation,
        kind,
        store,
        object,
        bytes,
        coalesce(is_refused, false) as is_refused,
        region,
        account_id,
        artifact_id,
        record_no
    from v_private_access
    where kind <> 'other'
),
held as (
    select
        access.artifact_id,
        access.record_no,
        access.source,
        min(flagged.kind || ' ' || flagged.value || ' (' || flagged.via || ')') as flag
    from access
    join flagged
        on access.event_time >= flagged.since
        and (
            flagged.kind = 'credential'
            and flagged.value = access.credential
            or flagged.kind = 'principal'
            and flagged.key = principal_key(access.principal)
            or flagged.kind = 'address'
            and flagged.value = access.source_ip
        )
    group by
        access.artifact_id,
        access.record_no,
        access.source
),
grouped as (
    select
        access.principal,
        access.source_ip,
        access.store,
        min(access.event_time) as first_seen,
        max(access.event_time) as last_seen,
        count(*) as event_count,
        count(*) filter (access.is_refused) as refused,
        count(*) filter (not access.is_refused and access.kind = 'read') as reads,
        count(*) filter (not access.is_refused and access.kind in ('write', 'delete')) as changes,
        coalesce(sum(access.bytes) filter (not access.is_refused), 0)::bigint as bytes,
        distinct_values(access.object) as object,
        distinct_values(access.operation) as operation,
        distinct_values(access.credential) as credential,
        distinct_values(access.user_agent) as user_agent,
        distinct_values(held.flag) as flag,
        bool_or(access.object is not null) as is_bucket,
        min(access.region) as region,
        min(access.account_id) as account_id,
        list(
            {'table': access.source, 'artifact_id': access.artifact_id, 'record_no': access.record_no}
            order by access.event_time, access.artifact_id, access.record_no
        ) as records
    from access
    join held
        using (artifact_id, record_no, source)
    group by
        access.principal,
        access.source_ip,
        access.store
),
category as (
    select
        grouped.principal,
        grouped.source_ip,
        grouped.store,
        distinct_values(known.category) as category
    from grouped
    join ref_classification as known
        on known.bucket = grouped.store
        and list_contains(grouped.object, known.key)
    group by
        grouped.principal,
        grouped.source_ip,
        grouped.store
)
select
    'store' as entity_type,
    grouped.store as entity,
    case when grouped.refused = grouped.event_count then 'medium' else 'critical' end as severity,
    grouped.first_seen,
    grouped.last_seen,
    grouped.event_count,
    short_name(grouped.principal)
    || coalesce(' from ' || grouped.source_ip, '')
    || case
        when grouped.refused = grouped.event_count then ' was refused ' else ' made '
    end
    || counted(grouped.event_count, 'request') || ' (' || array_to_string(grouped.operation, ', ') || ') on private '
    || grouped.store
    || case when len(grouped.object) > 0 then ': ' || named(grouped.object) else '' end
    || coalesce(' (' || array_to_string(category.category, ', ') || ')', '')
    || ', ' || counted(grouped.reads, 'read') || ' of ' || counted(grouped.bytes, 'byte')
    || case when grouped.changes > 0 then ', ' || counted(grouped.changes, 'change') else ', no change' end
    || case
        when grouped.refused between 1 and grouped.event_count - 1
            then ', ' || grouped.refused || ' refused'
        else ''
    end as summary,
    grouped.records,
    grouped.principal as actor,
    grouped.source_ip,
    grouped.region,
    grouped.account_id,
    case
        when starts_with(grouped.store, 'arn:') or not grouped.is_bucket then grouped.store
        when len(grouped.object) = 1 then 'arn:aws:s3:::' || grouped.store || '/' || grouped.object[1]
        else 'arn:aws:s3:::' || grouped.store
    end as resource,
    {
        'reads': grouped.reads,
        'changes': grouped.changes,
        'refused': grouped.refused,
        'objects': len(grouped.object),
        'object_names': list_slice(grouped.object, 1, 20),
        'bytes': grouped.bytes,
        'categories': coalesce(category.category, []),
        'operations': grouped.operation,
        'credentials': grouped.credential,
        'user_agents': list_slice(grouped.user_agent, 1, 10),
        'held_by': grouped.flag
    } as metrics
from grouped
left join category
    on category.principal = grouped.principal
    and category.source_ip is not distinct from grouped.source_ip
    and category.store = grouped.store
order by
    first_seen,
    entity,
    actor,
    source_ip
