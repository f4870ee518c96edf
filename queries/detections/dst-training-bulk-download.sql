-- ---
-- id: dst-training-bulk-download
-- version: 1.0.2
-- title: Bulk download of training data
-- status: stable
-- severity: high
-- element: data-store-changes
-- attack: [T1530, T1119, T1020]
-- atlas: [AML.T0035, AML.T0025]
-- description: >-
--   Finds a requester that reads many training objects, or far more bytes than ever in its baseline, from one address
--   inside a sliding window. Several ranges of one object are one object. From an external address it is critical; when
--   the requester is the role of a running job and the address is a network interface of that job it is info. Misses slow
--   collection, collection over many addresses, and what the access log, which is delivered best effort, does not hold.
-- requires:
--   s3_access: needed
--   ref_prefix: optional
--   ref_bucket: optional
--   ref_cidr: helpful
--   cloudtrail_event: helpful
-- preconditions:
--   - query: >-
--       select (select count(*) from ref_prefix where class = 'training')
--       + (select count(*) from ref_bucket where class = 'training') > 0
--     otherwise: not_evaluable
--     reason: no training data is known; fill reference/prefix.csv or reference/bucket.csv
-- parameters:
--   min_objects: {type: integer, default: 100, description: different objects in a window}
--   min_bytes: {type: integer, default: 1073741824, description: bytes sent in a window}
--   baseline_factor: {type: double, default: 4, description: times the busiest window of the baseline that bytes must reach}
--   window: {type: interval, default: 10 minutes, description: length of the sliding window}
--   job_slack: {type: interval, default: 15 minutes, description: time around a job in which its role may read}
--   case_from: {type: timestamptz, default: case, description: start of the period of interest}
--   base_from: {type: timestamptz, default: case, description: start of the baseline}
--   base_to: {type: timestamptz, default: case, description: end of the baseline; the start of the case when empty}
-- false_positives:
--   - Data loaders that split the work over many readers, and the first backfill of a new data set.
-- references:
--   - https://docs.aws.amazon.com/AmazonS3/latest/userguide/LogFormat.html
--   - https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTrainingJob.html
-- changelog:
--   1.0.2: the same rows, faster
--   1.0.1: the same rows, in time that grows with the events and no faster
--   1.0.0: first version
-- ---
with training as (
    select
        event_time,
        coalesce(principal, requester) as reader,
        remote_ip,
        operation,
        http_status,
        bucket,
        key,
        coalesce(bytes_sent, 0) as bytes_sent,
        user_agent,
        artifact_id,
        record_no
    from s3_access
    where key is not null
        and event_time is not null
        and bucket in (
            select bucket from ref_prefix where class = 'training'
            union
            select bucket from ref_bucket where class = 'training'
        )
        and object_class(bucket, key) = 'training'
),
inventory as (
    select
        bucket,
        count(distinct key) as object_count
    from training
    where http_status < 400
    group by bucket
),
read as (
    select *
    from training
    where operation = 'REST.GET.OBJECT'
        and http_status in (200, 206)
),
-- Different objects in a sliding window, without a self join: a read counts from its own time until the same object is
-- read again or the window has passed it, whichever is earlier.
spell as (
    select
        reader,
        remote_ip,
        event_time,
        bytes_sent,
        event_time + $window::interval + interval 1 microsecond as passed,
        least(
            lead(event_time) over (
                partition by reader, remote_ip, bucket, key
                order by event_time, artifact_id, record_no
            ),
            passed
        ) as object_end
    from read
),
-- Object and bytes of most reads end at the same moment, which is one change and not two: the sweep sorts them all.
change as (
    select
        reader,
        remote_ip,
        event_time as instant,
        true as is_event,
        1 as object_change,
        bytes_sent as byte_change
    from spell
    union all
    select
        reader,
        remote_ip,
        object_end,
        false,
        -1,
        case when object_end = passed then -bytes_sent else 0 end
    from spell
    union all
    select reader, remote_ip, passed, false, 0, -bytes_sent
    from spell
    where object_end < passed
),
level as (
    select
        reader,
        remote_ip,
        instant,
        is_event,
        sum(object_change) over sweep as object_count,
        sum(byte_change) over sweep as byte_count
    from change
    window sweep as (
        partition by reader, remote_ip
        order by instant
        range between unbounded preceding and current row
    )
),
baseline as (
    select
        reader,
        max(byte_count)::bigint as max_bytes
    from level
    where is_event
        and instant < coalesce($base_to::timestamptz, $case_from::timestamptz)
        and ($base_from::timestamptz is null or instant >= $base_from::timestamptz)
    group by reader
),
hot as (
    select distinct
        level.reader,
        level.remote_ip,
        level.instant,
        level.object_count,
        level.byte_count,
        baseline.max_bytes
    from level
    left join baseline
        on baseline.reader is not distinct from level.reader
    where level.is_event
        and (
            level.object_count >= $min_objects::bigint
            or level.byte_count >= greatest(
                $min_bytes::bigint,
                $baseline_factor::double * coalesce(baseline.max_bytes, 0)
            )
        )
),
started as (
    select
        *,
        instant - lag(instant) over same_reader > $window::interval as starts_burst
    from hot
    window same_reader as (partition by reader, remote_ip order by instant)
),
numbered as (
    select
        *,
        count(case when starts_burst then 1 end) over (
            partition by reader, remote_ip
            order by instant
        ) as burst
    from started
),
burst as (
    select
        reader,
        remote_ip,
        burst,
        min(instant) as reached,
        max(instant) as last_hot,
        arg_min(object_count, instant)::bigint as objects_when_reached,
        arg_min(byte_count, instant)::bigint as bytes_when_reached,
        max(object_count)::bigint as max_objects,
        max(byte_count)::bigint as max_bytes,
        min(max_bytes) as baseline_max_bytes
    from numbered
    group by
        reader,
        remote_ip,
        burst
),
download as (
    select
        burst.*,
        min(read.event_time) as first_seen,
        max(read.event_time) as last_seen,
        count(*) as event_count,
        count(distinct row(read.bucket, read.key)) as object_count,
        sum(read.bytes_sent)::bigint as byte_count,
        distinct_values(read.bucket) as bucket,
        distinct_values(read.user_agent) as user_agent,
        list(
            {
                'table': 's3_access',
                'artifact_id': read.artifact_id,
                'record_no': read.record_no
            }
            order by read.event_time, read.artifact_id, read.record_no
        ) as records
    from burst
    join read
        on read.reader is not distinct from burst.reader
        and read.remote_ip is not distinct from burst.remote_ip
        and read.event_time between burst.reached - $window::interval and burst.last_hot
    group by all
),
job as (
    select
        coalesce(
            request_parameters ->> '$.trainingJobName',
            request_parameters ->> '$.processingJobName',
            request_parameters ->> '$.transformJobName',
            request_parameters ->> '$.hyperParameterTuningJobName',
            request_parameters ->> '$.autoMLJobName'
        ) as name,
        coalesce(
            request_parameters ->> '$.roleArn',
            request_parameters ->> '$.trainingJobDefinition.roleArn'
        ) as role,
        event_time as started,
        -- Without a description of the job its own limit stands for its end; a job without one may run a day.
        event_time + to_seconds(
            coalesce(
                try_cast(request_parameters ->> '$.stoppingCondition.maxRuntimeInSeconds' as bigint),
                86400
            )
        ) as ended,
        coalesce(
            request_parameters -> '$.vpcConfig.subnets',
            request_parameters -> '$.networkConfig.vpcConfig.subnets',
            request_parameters -> '$.trainingJobDefinition.vpcConfig.subnets'
        ) as subnets
    from cloudtrail_event
    where event_source = 'sagemaker.amazonaws.com'
        and event_name in (
            'CreateTrainingJob',
            'CreateProcessingJob',
            'CreateTransformJob',
            'CreateHyperParameterTuningJob',
            'CreateAutoMLJob',
            'CreateAutoMLJobV2'
        )
        and error_code is null
),
interface as (
    select
        event_time as created,
        response_elements ->> '$.networkInterface.privateIpAddress' as address,
        response_elements ->> '$.networkInterface.subnetId' as subnet
    from cloudtrail_event
    where event_source = 'ec2.amazonaws.com'
        and event_name = 'CreateNetworkInterface'
        and error_code is null
        and (
            invoked_by = 'sagemaker.amazonaws.com'
            or source_ip_address = 'sagemaker.amazonaws.com'
        )
),
expected as (
    select
        download.reader,
        download.remote_ip,
        download.burst,
        min(job.name) as job
    from download
    join job
        on principal_key(job.role) = principal_key(download.reader)
        and download.first_seen >= job.started - $job_slack::interval
        and download.last_seen <= job.ended + $job_slack::interval
    join interface
        on interface.address = download.remote_ip
        and interface.created between job.started - $job_slack::interval and job.ended
        and (
            job.subnets is null
            or interface.subnet is null
            or json_contains(job.subnets, to_json(interface.subnet))
        )
    group by
        download.reader,
        download.remote_ip,
        download.burst
),
covered as (
    select
        download.reader,
        download.remote_ip,
        download.burst,
        sum(inventory.object_count)::bigint as object_count
    from download
    join inventory
        on list_contains(download.bucket, inventory.bucket)
    group by
        download.reader,
        download.remote_ip,
        download.burst
),
judged as (
    select
        download.*,
        expected.job,
        covered.object_count as known_objects,
        coalesce(ip_class(download.remote_ip), 'unknown') as address_class
    from download
    left join expected
        on expected.reader is not distinct from download.reader
        and expected.remote_ip is not distinct from download.remote_ip
        and expected.burst = download.burst
    left join covered
        on covered.reader is not distinct from download.reader
        and covered.remote_ip is not distinct from download.remote_ip
        and covered.burst = download.burst
)
select
    'principal' as entity_type,
    reader as entity,
    case
        when job is not null then 'info'
        when not is_own_class(address_class) and address_class <> 'unknown' then 'critical'
        else 'high'
    end as severity,
    first_seen,
    last_seen,
    event_count,
    short_name(reader) || ' read ' || counted(object_count, 'training object') || ' of '
    || known_objects || ' known, ' || counted(byte_count, 'byte')
    || ', from ' || coalesce(remote_ip, 'an unknown address')
    || ' (' || address_class || '); the threshold was reached at ' || moment(reached)
    || ' with ' || counted(objects_when_reached, 'object')
    || ' and ' || counted(bytes_when_reached, 'byte')
    || coalesce('; the address belongs to the running job ' || job, '') as summary,
    records,
    reader as actor,
    remote_ip as source_ip,
    case when len(bucket) = 1 then 'arn:aws:s3:::' || bucket[1] end as resource,
    {
        'reached': reached,
        'objects_when_reached': objects_when_reached,
        'bytes_when_reached': bytes_when_reached,
        'max_objects': max_objects,
        'max_bytes': max_bytes,
        'objects': object_count,
        'bytes': byte_count,
        'known_objects': known_objects,
        'coverage': round(object_count / known_objects, 4),
        'baseline_max_bytes': baseline_max_bytes,
        'byte_threshold': greatest(
            $min_bytes::bigint,
            $baseline_factor::double * coalesce(baseline_max_bytes, 0)
        )::bigint,
        'address_class': address_class,
        'job': job,
        'user_agents': list_slice(user_agent, 1, 10)
    } as metrics
from judged
order by
    first_seen,
    entity,
    source_ip
