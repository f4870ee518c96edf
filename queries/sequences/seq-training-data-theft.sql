-- ---
-- id: seq-training-data-theft
-- version: 1.0.1
-- title: Job described, data read in bulk, bytes sent outside
-- status: stable
-- element: data-store-changes
-- attack: [T1526, T1530, T1048]
-- atlas: [AML.T0007, AML.T0035, AML.T0025]
-- description: >-
--   Finds identities that describe a training job, read many objects or bytes below one of its prefixes within an
--   hour, and whose hosts send at least half as many bytes to one outside address from the first read until an hour
--   after the last. Misses hosts without flow logs, and readers other than who asked.
-- requires:
--   cloudtrail_event: needed
--   s3_access: needed
--   vpc_flow: needed
--   ref_prefix: optional
--   ref_cidr: helpful
-- steps:
--   - {name: describes a training job}
--   - {name: reads its data in bulk}
--   - {name: the host sends a matching volume to one outside address}
-- scenarios: [training-data-exfiltration]
-- parameters:
--   max_span: {type: interval, default: 3 hours, description: longest time from the first to the last step}
--   min_objects: {type: integer, default: 50, description: objects read within an hour}
--   min_bytes: {type: integer, default: 100000000, description: bytes read within an hour}
--   min_ratio: {type: double, default: 0.5, description: share of the bytes read that is sent to one address}
-- changelog:
--   1.0.1: the same rows, faster
--   1.0.0: first version
-- ---
with asked as materialized (
    select
        principal_key(principal) as identity,
        request_parameters ->> '$.trainingJobName' as job,
        event_time,
        call_summary(principal, event_name, error_code, source_ip_address) as summary,
        'cloudtrail_event' as "table",
        artifact_id,
        record_no
    from cloudtrail_event
    where event_source = 'sagemaker.amazonaws.com'
        and event_name = 'DescribeTrainingJob'
        and error_code is null
),
place as (
    select distinct
        request_parameters ->> '$.trainingJobName' as job,
        uri_bucket(uri) as bucket,
        uri_key(uri) as prefix
    from (
        select
            request_parameters,
            unnest(
                json_extract_string(
                    request_parameters,
                    '$.inputDataConfig[*].dataSource.s3DataSource.s3Uri'
                )
            ) as uri
        from cloudtrail_event
        where event_name = 'CreateTrainingJob'
            and (request_parameters ->> '$.trainingJobName') in (select job from asked)
    )
    union
    select
        asked.job,
        ref_prefix.bucket,
        ref_prefix.prefix
    from (select distinct job from asked) as asked
    cross join ref_prefix
    where ref_prefix.class = 'training'
),
target as (
    select distinct
        asked.identity,
        place.bucket,
        coalesce(place.prefix, '') as prefix
    from asked
    join place
        on place.job = asked.job
),
line as (
    select
        reader.identity,
        line.bucket,
        line.key,
        line.event_time,
        line.remote_ip,
        line.bytes_sent,
        short_name(line.principal) || ' reads ' || line.bucket || '/' || line.key as summary,
        line.artifact_id,
        line.record_no
    from s3_access as line
    join (
        select
            principal,
            principal_key(principal) as identity
        from (select distinct principal from s3_access)
    ) as reader
        on reader.principal = line.principal
    where line.operation = 'REST.GET.OBJECT'
        and line.http_status in (200, 206)
        and line.key is not null
),
download as materialized (
    select distinct line.*
    from line
    join target
        on target.identity = line.identity
        and target.bucket = line.bucket
        and starts_with(line.key, target.prefix)
),
counted_download as (
    select
        *,
        count(*) over within_hour as objects,
        sum(bytes_sent) over within_hour as bytes
    from download
    window within_hour as (
        partition by identity, bucket
        order by event_time
        range between interval 1 hour preceding and interval 1 hour following
    )
),
bulk as materialized (
    select *
    from counted_download
    where objects >= $min_objects::bigint
        or bytes >= $min_bytes::bigint
),
host as (
    select
        identity,
        bucket,
        remote_ip,
        day_of(event_time) as day,
        min(event_time) as first_read,
        max(event_time) as last_read,
        sum(bytes_sent) as bytes
    from bulk
    group by
        identity,
        bucket,
        remote_ip,
        day
),
sent as materialized (
    select
        host.identity,
        host.bucket,
        host.bytes as bytes_read,
        flow.dstaddr,
        flow.peer,
        flow.bytes,
        flow.start_time,
        flow.artifact_id,
        flow.record_no
    from host
    join (
        select
            *,
            coalesce(pkt_srcaddr, srcaddr) as source,
            coalesce(pkt_dstaddr, dstaddr) as peer
        from vpc_flow
        where action = 'ACCEPT'
            and coalesce(flow_direction, 'egress') = 'egress'
            and not is_forwarded_flow(srcaddr, pkt_srcaddr)
            and not is_aws_service_flow(pkt_dst_aws_service)
    ) as flow
        on flow.source = host.remote_ip
        and flow.start_time between host.first_read and host.last_read + interval 1 hour
),
outside as (
    select peer
    from (select distinct peer from sent)
    where not is_own_class(ip_class(peer))
        and ip_class(peer) not in ('partner', 'unknown')
),
matching as (
    select
        identity,
        bucket,
        peer
    from sent
    where peer in (select peer from outside)
    group by
        identity,
        bucket,
        peer
    having sum(bytes) >= $min_ratio::double * max(bytes_read)
),
seen as (
    select distinct
        target.identity || ' s3://' || target.bucket as entity,
        1 as step_no,
        asked.* exclude (identity, job)
    from asked
    join target
        on target.identity = asked.identity
    union all
    select
        identity || ' s3://' || bucket,
        2,
        event_time,
        summary,
        's3_access',
        artifact_id,
        record_no
    from bulk
    union all
    select
        sent.identity || ' s3://' || sent.bucket,
        3,
        sent.start_time,
        format('{:,} bytes to ', sent.bytes) || sent.peer,
        'vpc_flow',
        sent.artifact_id,
        sent.record_no
    from sent
    join matching
        on matching.identity = sent.identity
        and matching.bucket = sent.bucket
        and matching.peer = sent.peer
)
select
    'principal and bucket' as entity_type,
    *
from sequence_records('seen', [1, 2, 3], $max_span::interval)
order by
    started,
    entity,
    step_no,
    event_time,
    "table",
    artifact_id,
    record_no
