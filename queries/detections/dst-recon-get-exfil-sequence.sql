-- ---
-- id: dst-recon-get-exfil-sequence
-- version: 1.0.2
-- title: Job described, its data read in bulk, bytes sent outside
-- status: stable
-- severity: critical
-- element: data-store-changes
-- attack: [T1526, T1530, T1048]
-- atlas: [AML.T0007, AML.T0035, AML.T0025]
-- description: >-
--   Finds identities that describe a training job, processing job, model or model package and read many objects or
--   bytes below one of its S3 prefixes within the reach, themselves or through a credential that theirs brought into
--   being (high), and then send a matching volume from the reading host to one external address (critical). The
--   prefixes come from the call that created the job, from a snapshot of it, else from reference/prefix.csv. Misses
--   thieves who know the prefix without asking, and transfers from hosts without flow logs.
-- requires:
--   cloudtrail_event: needed
--   s3_access: helpful
--   vpc_flow: helpful
--   ref_cidr: helpful
--   api_snapshot: optional
--   ref_prefix: optional
--   v_lineage: optional
-- parameters:
--   min_objects: {type: integer, default: 50, description: different objects read after the description}
--   min_bytes: {type: integer, default: 100000000, description: bytes read after the description or sent to one address}
--   min_ratio: {type: double, default: 0.5, description: share of the bytes read that is sent to one address}
--   reach: {type: interval, default: 60 minutes, description: longest time from the description to a read and from the last read to a flow}
-- false_positives:
--   - Notebooks that inspect a job and load its data; copies to a partner over the internet.
-- references:
--   - https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DescribeTrainingJob.html
-- changelog:
--   1.0.2: the same rows, faster
--   1.0.1: the same rows, in time that grows with the events and no faster
--   1.0.0: first version
-- ---
with description as (
    select
        event_time,
        event_name,
        principal_key(principal) as identity,
        principal,
        credential,
        source_ip_address,
        coalesce(
            request_parameters ->> '$.trainingJobName',
            request_parameters ->> '$.processingJobName',
            request_parameters ->> '$.modelPackageName',
            request_parameters ->> '$.modelName'
        ) as name,
        recipient_account_id,
        aws_region,
        artifact_id,
        record_no
    from cloudtrail_event
    where event_source = 'sagemaker.amazonaws.com'
        and event_name in (
            'DescribeTrainingJob',
            'DescribeProcessingJob',
            'DescribeModelPackage',
            'DescribeModel'
        )
        and error_code is null
        and event_time is not null
),
described as (
    select distinct name
    from description
    where name is not null
),
-- What belongs to a name: the S3 addresses in the call that created it, or in an answer about it.
address as (
    select
        name,
        unnest(regexp_extract_all(document, '(?i)s3[an]?://[^"\\\s]+')) as uri,
        how
    from (
        select
            coalesce(
                request_parameters ->> '$.trainingJobName',
                request_parameters ->> '$.processingJobName',
                request_parameters ->> '$.modelPackageName',
                request_parameters ->> '$.modelPackageGroupName',
                request_parameters ->> '$.modelName'
            ) as name,
            request_parameters::varchar as document,
            'create request' as how
        from cloudtrail_event
        where event_source = 'sagemaker.amazonaws.com'
            and event_name in (
                'CreateTrainingJob',
                'CreateProcessingJob',
                'CreateModelPackage',
                'CreateModel'
            )
        union all
        select
            coalesce(
                "json" ->> '$.TrainingJobName',
                "json" ->> '$.ProcessingJobName',
                "json" ->> '$.ModelPackageName',
                "json" ->> '$.ModelName'
            ) as name,
            "json"::varchar as document,
            'snapshot' as how
        from api_snapshot
        where service = 'sagemaker'
            and operation in (
                'describe-training-job',
                'describe-processing-job',
                'describe-model-package',
                'describe-model'
            )
    )
    where name in (select name from described)
),
place as (
    select distinct
        name,
        regexp_extract(uri, '(?i)^s3[an]?://([^/]+)', 1) as bucket,
        regexp_extract(uri, '(?i)^s3[an]?://[^/]+/(.*)$', 1) as prefix,
        how
    from address
    union all
    select
        described.name,
        ref_prefix.bucket,
        ref_prefix.prefix,
        'reference' as how
    from described
    cross join ref_prefix
    where ref_prefix.class in ('training', 'model')
        and described.name not in (select name from address)
),
step as (
    select
        description.*,
        place.bucket,
        place.prefix,
        place.how
    from description
    join place
        on place.name = description.name
    where place.bucket <> ''
),
-- Descriptions in a row are one: a pipeline asks every minute whether its job is done.
started as (
    select
        *,
        event_time - lag(event_time) over same_place > $reach::interval as starts_session
    from step
    window same_place as (
        partition by identity, bucket, prefix
        order by event_time, artifact_id, record_no
    )
),
numbered as (
    select
        *,
        count(case when starts_session then 1 end) over (
            partition by identity, bucket, prefix
            order by event_time, artifact_id, record_no
        ) as session
    from started
),
edge as materialized (
    select
        parent,
        child
    from v_lineage
),
kin as (
    with recursive offspring as (
        select distinct
            identity,
            credential
        from description
        where credential is not null
        union
        select
            offspring.identity,
            edge.child
        from offspring
        join edge
            on edge.parent = offspring.credential
    )
    select distinct
        identity,
        identity as reader
    from description
    where identity is not null
    union
    select
        offspring.identity,
        principal_key(event.principal) as reader
    from offspring
    join (
        select distinct
            credential,
            principal
        from cloudtrail_event
        where credential in (select child from edge)
            and principal is not null
    ) as event
        on event.credential = offspring.credential
),
reader as (
    select
        who.principal,
        kin.identity
    from (
        select principal
        from s3_access
        where operation = 'REST.GET.OBJECT'
        union
        select principal
        from cloudtrail_event
        where event_name = 'GetObject'
    ) as who
    join kin
        on kin.reader = principal_key(who.principal)
),
logged as (
    select
        's3_access' as source,
        event_time,
        principal,
        remote_ip as source_ip,
        bucket,
        key,
        coalesce(bytes_sent, 0) as bytes,
        request_id,
        artifact_id,
        record_no
    from s3_access
    where operation = 'REST.GET.OBJECT'
        and http_status in (200, 206)
        and principal in (select principal from reader)
        and bucket in (select bucket from step)
        and event_time is not null
),
recorded as (
    select
        'cloudtrail_event' as source,
        event_time,
        principal,
        source_ip_address as source_ip,
        request_parameters ->> '$.bucketName' as bucket,
        request_parameters ->> '$.key' as key,
        coalesce(event_bytes(additional_event_data), 0) as bytes,
        request_id,
        artifact_id,
        record_no
    from cloudtrail_event
    where event_name = 'GetObject'
        and event_source = 's3.amazonaws.com'
        and error_code is null
        and principal in (select principal from reader)
        and (request_parameters ->> '$.bucketName') in (select bucket from step)
        and event_time is not null
),
read as (
    select
        reader.identity,
        download.*
    from (
        select *
        from logged
        union all
        select recorded.*
        from recorded
        anti join logged
            on logged.request_id = recorded.request_id
    ) as download
    join reader
        on reader.principal = download.principal
),
read_place as (
    select
        read.*,
        target.prefix,
        read.event_time + interval 1 second as latest
    from read
    join (select distinct identity, bucket, prefix from step) as target
        on target.identity = read.identity
        and target.bucket = read.bucket
        and starts_with(read.key, target.prefix)
),
matched as (
    select
        read_place.*,
        numbered.session
    from read_place
    asof join numbered
        on numbered.identity = read_place.identity
        and numbered.bucket = read_place.bucket
        and numbered.prefix = read_place.prefix
        and numbered.event_time <= read_place.latest
    where read_place.event_time <= numbered.event_time + $reach::interval
),
bulk as (
    select
        identity,
        bucket,
        prefix,
        session,
        min(event_time) as first_get,
        max(event_time) as last_get,
        count(*) as gets,
        count(distinct key) as objects,
        sum(bytes)::bigint as bytes,
        distinct_values(source_ip) as host,
        distinct_values(principal) as reader,
        arg_min(
            {'table': source, 'artifact_id': artifact_id, 'record_no': record_no},
            row(event_time, artifact_id, record_no),
            120
        ) as records
    from matched
    group by
        identity,
        bucket,
        prefix,
        session
    having count(distinct key) >= $min_objects::bigint
        or sum(bytes) >= $min_bytes::bigint
),
-- Nested prefixes tell of the same reads: keep the one with the most.
best as (
    select *
    from bulk
    qualify row_number() over (
        partition by identity, bucket, first_get
        order by bytes desc, objects desc, len(prefix) desc, prefix
    ) = 1
),
question as (
    select
        best.identity,
        best.bucket,
        best.prefix,
        best.session,
        min(numbered.principal) as principal,
        min(numbered.event_time) as first_question,
        count(*) as questions,
        min(numbered.source_ip_address) as question_ip,
        min(numbered.recipient_account_id) as account_id,
        min(numbered.aws_region) as region,
        distinct_values(numbered.name) as name,
        distinct_values(numbered.event_name) as event_name,
        distinct_values(numbered.how) as how,
        arg_min(
            {
                'table': 'cloudtrail_event',
                'artifact_id': numbered.artifact_id,
                'record_no': numbered.record_no
            },
            row(numbered.event_time, numbered.artifact_id, numbered.record_no),
            10
        ) as records
    from best
    join numbered
        on numbered.identity = best.identity
        and numbered.bucket = best.bucket
        and numbered.prefix = best.prefix
        and numbered.session = best.session
        and numbered.event_time <= best.last_get + interval 1 second
    group by
        best.identity,
        best.bucket,
        best.prefix,
        best.session
),
outgoing as (
    select
        start_time,
        end_time,
        interface_id,
        coalesce(pkt_srcaddr, srcaddr) as host,
        coalesce(pkt_dstaddr, dstaddr) as destination,
        dstport,
        bytes,
        is_forwarded_flow(srcaddr, pkt_srcaddr) as is_forwarded,
        artifact_id,
        record_no
    from vpc_flow
    where action = 'ACCEPT'
        and coalesce(flow_direction, 'egress') = 'egress'
        and not is_aws_service_flow(pkt_dst_aws_service)
        and coalesce(pkt_srcaddr, srcaddr) in (select unnest(host) from best)
        and bytes is not null
),
outside as (
    select address
    from (select distinct destination as address from outgoing)
    where not is_own_class(ip_class(address))
        and ip_class(address) not in ('partner', 'unknown')
),
reported_by_host as (
    select distinct
        host,
        destination,
        day_of(start_time) as day
    from outgoing
    where not is_forwarded
),
-- Each packet once: the interface of the host goes before the one of a NAT gateway.
sent as (
    select outgoing.*
    from outgoing
    left join reported_by_host
        on reported_by_host.host = outgoing.host
        and reported_by_host.destination = outgoing.destination
        and reported_by_host.day = day_of(outgoing.start_time)
    where outgoing.destination in (select address from outside)
        and (not outgoing.is_forwarded or reported_by_host.host is null)
),
transfer as (
    select
        best.identity,
        best.bucket,
        best.prefix,
        best.session,
        sent.destination,
        min(sent.start_time) as first_flow,
        max(sent.end_time) as last_flow,
        count(*) as flows,
        sum(sent.bytes)::bigint as bytes,
        distinct_values(sent.interface_id) as interface_id,
        distinct_values(sent.dstport) as port,
        arg_min(
            {
                'table': 'vpc_flow',
                'artifact_id': sent.artifact_id,
                'record_no': sent.record_no
            },
            row(sent.start_time, sent.artifact_id, sent.record_no),
            60
        ) as records
    from best
    join sent
        on list_contains(best.host, sent.host)
        and sent.start_time between best.first_get and best.last_get + $reach::interval
    group by
        best.identity,
        best.bucket,
        best.prefix,
        best.session,
        best.bytes,
        sent.destination
    having sum(sent.bytes) >= $min_bytes::bigint
        or best.bytes > 0 and sum(sent.bytes) >= $min_ratio::double * best.bytes
),
largest as (
    select *
    from transfer
    qualify row_number() over (
        partition by identity, bucket, prefix, session
        order by bytes desc, destination
    ) = 1
)
select
    'principal' as entity_type,
    question.principal as entity,
    case when largest.destination is null then 'high' else 'critical' end as severity,
    least(question.first_question, best.first_get) as first_seen,
    greatest(best.last_get, largest.last_flow) as last_seen,
    question.questions + best.gets + coalesce(largest.flows, 0) as event_count,
    short_name(question.principal) || ' described ' || named(question.name) || ' at '
    || moment(question.first_question) || ', then ' || counted(best.objects, 'object') || ' ('
    || format('{:,}', best.bytes) || ' bytes) of s3://' || best.bucket || '/' || best.prefix
    || ' were read from ' || moment(best.first_get) || ' to ' || moment(best.last_get)
    || case
        when largest.destination is null then ''
        else ', and ' || format('{:,}', largest.bytes) || ' bytes were sent to '
            || largest.destination || ' from ' || moment(largest.first_flow) || ' (ratio '
            || format('{:.4f}', largest.bytes / nullif(best.bytes, 0)) || ')'
    end as summary,
    list_concat(
        question.records,
        list_concat(best.records, coalesce(largest.records, []))
    ) as records,
    question.principal as actor,
    case when len(best.host) = 1 then best.host[1] end as source_ip,
    question.region,
    question.account_id,
    's3://' || best.bucket || '/' || best.prefix as resource,
    {
        'stages': case when largest.destination is null then 2 else 3 end,
        'described': question.name,
        'prefix_from': question.how,
        'described_at': question.first_question,
        'described_from': question.question_ip,
        'objects': best.objects,
        'bytes': best.bytes,
        'first_get': best.first_get,
        'last_get': best.last_get,
        'readers': best.reader,
        'hosts': best.host,
        'destination': largest.destination,
        'ports': largest.port,
        'interfaces': largest.interface_id,
        'flow_bytes': largest.bytes,
        'flows': largest.flows,
        'first_flow': largest.first_flow,
        'ratio': round(largest.bytes / nullif(best.bytes, 0), 4)
    } as metrics,
    question.questions + best.gets + coalesce(largest.flows, 0) as record_total
from best
join question
    on question.identity = best.identity
    and question.bucket = best.bucket
    and question.prefix = best.prefix
    and question.session = best.session
left join largest
    on largest.identity = best.identity
    and largest.bucket = best.bucket
    and largest.prefix = best.prefix
    and largest.session = best.session
order by
    first_seen,
    entity,
    resource
