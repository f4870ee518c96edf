-- ---
-- id: h-training-job-facts
-- version: 1.0.0
-- title: What is known of this job?
-- status: stable
-- description: >-
--   Finds training, processing and transform jobs with maker, status, times, role, image, channels, output, resources,
--   network, interfaces, and the flows and object reads of those interfaces while the job ran. Misses jobs without a
--   network interface of their own in the flow logs.
-- requires:
--   v_training_job: needed
--   vpc_flow: helpful
--   s3_access: helpful
-- parameters:
--   job: {type: text, default: null, description: "name of the job, or a pattern with *"}
--   case_from: {type: timestamptz, default: null, description: only from here}
--   case_to: {type: timestamptz, default: null, description: only before}
-- references: []
-- changelog:
--   1.0.0: first version
-- ---
with job as (
    select
        *,
        coalesce(ended, created + interval 24 hours) as until
    from v_training_job
    where ($job::varchar is null or job like text_pattern($job::varchar) escape '\')
        and in_period(created, $case_from::timestamptz, $case_to::timestamptz)
),
interface as (
    select distinct
        job,
        created,
        until,
        unnest(interfaces) as interface_id
    from job
),
address as (
    select distinct
        job,
        role_arn,
        created,
        until,
        unnest(addresses) as address
    from job
),
flow as (
    select
        interface.job,
        count(*) as flows,
        sum(vpc_flow.bytes)::bigint as flow_bytes,
        distinct_values(coalesce(pkt_dstaddr, dstaddr)) as peers
    from vpc_flow
    join interface
        on interface.interface_id = vpc_flow.interface_id
        and vpc_flow.start_time between interface.created and interface.until
    where vpc_flow.srcaddr is not null
    group by interface.job
),
read as (
    select
        address.job,
        count(*) as objects_read,
        sum(bytes_sent)::bigint as bytes_read
    from s3_access
    join address
        on address.address = s3_access.remote_ip
        and s3_access.event_time between address.created and address.until
        and principal_key(address.role_arn) = principal_key(s3_access.principal)
    where operation = 'REST.GET.OBJECT'
        and http_status in (200, 206)
    group by address.job
)
select
    job.kind,
    job.job,
    job.account_id,
    job.region,
    job.created,
    job.started,
    job.ended,
    job.status,
    job.creator,
    job.source_ip,
    coalesce(job.error_code, 'success') as outcome,
    job.role_arn,
    job.algorithm,
    job.image,
    job.channel,
    job.input_uri,
    job.input_type,
    job.content_type,
    job.compression,
    job.output_uri,
    job.model_artifact,
    job.resource_config ->> '$.instanceType' as instance_type,
    (job.resource_config ->> '$.instanceCount')::bigint as instance_count,
    (job.resource_config ->> '$.volumeSizeInGB')::bigint as volume_gb,
    job.vpc_config,
    job.tags,
    job.interfaces,
    job.addresses,
    coalesce(flow.flows, 0) as flows,
    flow.flow_bytes,
    coalesce(flow.peers, []) as peers,
    coalesce(read.objects_read, 0) as objects_read,
    read.bytes_read,
    job.snapshot_artifact_id,
    job.snapshot_record_no,
    job.artifact_id,
    job.record_no
from job
left join flow
    on flow.job = job.job
left join read
    on read.job = job.job
order by
    job.created,
    job.job,
    job.channel
