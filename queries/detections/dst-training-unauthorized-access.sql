-- ---
-- id: dst-training-unauthorized-access
-- version: 1.0.0
-- title: Training data accessed by an unexpected requester
-- status: stable
-- severity: high
-- element: data-store-changes
-- attack: [T1530]
-- atlas: [AML.T0035, AML.T0036]
-- description: >-
--   Finds requests on training data by identities that are neither training_reader nor training_writer in
--   reference/principal.csv, one finding per identity, address, operation and day; refused requests apart, as medium. A
--   session counts as its role. Misses anonymous requests, listings, requests of S3 itself, and what the access log, which
--   is delivered best effort, does not hold.
-- requires:
--   s3_access: needed
--   ref_principal: needed
--   ref_prefix: optional
--   ref_bucket: optional
--   cloudtrail_event: optional
-- preconditions:
--   - query: >-
--       select (select count(*) from ref_prefix where class = 'training')
--       + (select count(*) from ref_bucket where class = 'training') > 0
--     otherwise: not_evaluable
--     reason: no training data is known; fill reference/prefix.csv or reference/bucket.csv
--   - query: select count(*) > 0 from ref_principal where class in ('training_reader', 'training_writer')
--     otherwise: not_evaluable
--     reason: nobody is known to read or write training data; fill reference/principal.csv
-- parameters: {}
-- false_positives:
--   - The role of a new training job that reference/principal.csv does not list yet.
--   - The response team itself.
-- references:
--   - https://docs.aws.amazon.com/AmazonS3/latest/userguide/LogFormat.html
-- changelog:
--   1.0.0: first version
-- ---
with request as (
    select
        event_time,
        time_bucket(interval 1 day, event_time) as day,
        coalesce(principal, requester) as requester,
        remote_ip,
        operation,
        bucket,
        key,
        bytes_sent,
        http_status,
        http_status = 403 as is_refused,
        request_id,
        user_agent,
        artifact_id,
        record_no
    from s3_access as line
    where key is not null
        and requester is not null
        -- Lifecycle rules and other work of S3 itself.
        and not starts_with(operation, 'S3.')
        and bucket in (
            select bucket from ref_prefix where class = 'training'
            union
            select bucket from ref_bucket where class = 'training'
        )
        and object_class(bucket, key) = 'training'
        and not exists (
            select 1
            from ref_principal as known
            where known.class in ('training_reader', 'training_writer')
                and principal_matches(known.principal, coalesce(line.principal, line.requester))
        )
),
-- The access log names no access key; CloudTrail does, for the same request id.
credential as (
    select
        request.requester,
        request.remote_ip,
        request.operation,
        request.day,
        request.is_refused,
        distinct_values(event.credential) as credential
    from request
    join cloudtrail_event as event
        on event.request_id = request.request_id
        and event.event_source = 's3.amazonaws.com'
    group by
        request.requester,
        request.remote_ip,
        request.operation,
        request.day,
        request.is_refused
),
grouped as (
    select
        requester,
        remote_ip,
        operation,
        day,
        is_refused,
        min(event_time) as first_seen,
        max(event_time) as last_seen,
        count(*) as event_count,
        count(distinct row(bucket, key)) as object_count,
        coalesce(sum(bytes_sent), 0)::bigint as byte_count,
        distinct_values(bucket) as bucket,
        distinct_values(http_status) as http_status,
        distinct_values(user_agent) as user_agent,
        list(
            {'table': 's3_access', 'artifact_id': artifact_id, 'record_no': record_no}
            order by event_time, artifact_id, record_no
        ) as records
    from request
    group by
        requester,
        remote_ip,
        operation,
        day,
        is_refused
)
select
    'principal' as entity_type,
    grouped.requester as entity,
    case when grouped.is_refused then 'medium' else 'high' end as severity,
    grouped.first_seen,
    grouped.last_seen,
    grouped.event_count,
    short_name(grouped.requester)
    || case when grouped.is_refused then ' was refused ' else ' made ' end
    || counted(grouped.event_count, grouped.operation || ' request')
    || ' on ' || counted(grouped.object_count, 'training object')
    || ' from ' || coalesce(grouped.remote_ip, 'an unknown address')
    || ', ' || counted(grouped.byte_count, 'byte') || ' sent' as summary,
    grouped.records,
    grouped.requester as actor,
    grouped.remote_ip as source_ip,
    case when len(grouped.bucket) = 1 then 'arn:aws:s3:::' || grouped.bucket[1] end as resource,
    {
        'operation': grouped.operation,
        'day': grouped.day,
        'objects': grouped.object_count,
        'bytes': grouped.byte_count,
        'statuses': grouped.http_status,
        'address_class': ip_class(grouped.remote_ip),
        'user_agents': list_slice(grouped.user_agent, 1, 10),
        'credentials': coalesce(credential.credential, [])
    } as metrics
from grouped
left join credential
    on credential.requester = grouped.requester
    and credential.remote_ip is not distinct from grouped.remote_ip
    and credential.operation is not distinct from grouped.operation
    and credential.day is not distinct from grouped.day
    and credential.is_refused is not distinct from grouped.is_refused
order by
    first_seen,
    entity,
    grouped.operation,
    source_ip
