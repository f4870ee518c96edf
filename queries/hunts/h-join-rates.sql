-- ---
-- id: h-join-rates
-- version: 1.1.1
-- title: How well do the sources fit together, and do their clocks agree?
-- status: stable
-- description: >-
--   Finds for each join between sources how many of its members have their counterpart, why the others have not, and how
--   far apart the two clocks are (median and 99th percentile of the second time minus CloudTrail's, in seconds) per
--   region. A rate counts pairs and what is left without one, of invocations each request id once, however many records of
--   CloudTrail share it. Misses what no source recorded, which no rate can show.
-- requires:
--   v_s3_request: optional
--   v_invocation: optional
--   v_flow_source: optional
--   v_kms_decrypt: optional
--   v_second_hop: optional
--   v_training_job: optional
--   v_ingestion: optional
--   v_finding_context: optional
--   security_finding: optional
--   v_ses_message: optional
--   v_shared_event: optional
-- parameters:
--   case_from: {type: timestamptz, default: null, description: only from here}
--   case_to: {type: timestamptz, default: null, description: only before}
-- references: []
-- changelog:
--   1.1.1: says what a rate counts; an invocation that several records of CloudTrail share is one
--   1.1.0: uses of KMS, too; misses name logs that were off
--   1.0.0: first version
-- ---
with pair as (
    select
        'CloudTrail and S3 access log' as joined,
        region,
        seen_by,
        miss_reason,
        event_time,
        epoch(access_time) - epoch(cloudtrail_time) as apart,
        case when cloudtrail_artifact_id is null then 's3_access' else 'cloudtrail_event' end as kind,
        artifact_id,
        record_no
    from v_s3_request
    union all
    select
        'CloudTrail and Bedrock invocation log',
        region,
        seen_by,
        miss_reason,
        event_time,
        epoch(log_time) - epoch(cloudtrail_time),
        case when cloudtrail_artifact_id is null then 'bedrock_invocation' else 'cloudtrail_event' end,
        artifact_id,
        record_no
    from v_invocation
    union all
    select
        'CloudTrail address and VPC flow',
        address_class,
        case when count(flow_artifact_id) > 0 then 'both' else 'CloudTrail only' end,
        case when count(flow_artifact_id) = 0 then min(miss_reason) end,
        min(first_seen),
        null,
        'cloudtrail_event',
        min(artifact_id),
        arg_min(record_no, row(artifact_id, record_no))
    from v_flow_source
    group by
        source_ip,
        call_minute,
        address_class
    union all
    select
        'Lambda Invoke and calls of the function',
        region,
        case when miss_reason is null then 'both' else 'function only' end,
        miss_reason,
        event_time,
        null,
        'cloudtrail_event',
        artifact_id,
        record_no
    from v_second_hop
    union all
    select
        'SageMaker job and network interface',
        region,
        case when len(interfaces) > 0 then 'both' else 'job only' end,
        case when len(interfaces) = 0 then 'no interface was made for it, or the call is not in the evidence' end,
        created,
        null,
        'cloudtrail_event',
        artifact_id,
        record_no
    from v_training_job
    union all
    select
        'Ingestion job and documents read',
        region,
        case when count(read_artifact_id) > 0 then 'both' else 'job only' end,
        case
            when count(read_artifact_id) > 0 then null
            when min(error_code) is not null then 'the job was refused'
            else 'no access log line of the role of the knowledge base'
        end,
        started,
        null,
        'cloudtrail_event',
        artifact_id,
        record_no
    from v_ingestion
    group by
        region,
        started,
        artifact_id,
        record_no
    union all
    select
        'Finding of AWS and calls around it',
        security_finding.region,
        case when context.finding_id is not null then 'both' else 'finding only' end,
        case
            when context.finding_id is not null then null
            when coalesce(access_key_id, principal, remote_ip) is null then 'it names no key, identity or address'
            else 'no call by its key, identity or address within 15 minutes'
        end,
        security_finding.first_seen,
        null,
        'security_finding',
        security_finding.artifact_id,
        security_finding.record_no
    from security_finding
    left join (select distinct product, finding_id from v_finding_context) as context
        on context.product = security_finding.product
        and context.finding_id = security_finding.finding_id
    union all
    select
        'KMS use and S3 request',
        region,
        case when requests > 0 then 'both' else 'KMS only' end,
        miss_reason,
        event_time,
        null,
        'cloudtrail_event',
        artifact_id,
        record_no
    from v_kms_decrypt
    union all
    select
        'SES mail and its message id',
        region,
        case when message_id is not null then 'both' else 'CloudTrail only' end,
        case when message_id is null then coalesce('failed with ' || error_code, 'the answer is not in the record') end,
        event_time,
        null,
        'cloudtrail_event',
        artifact_id,
        record_no
    from v_ses_message
    union all
    select
        'The same call in several accounts',
        null,
        'both',
        null,
        first_seen,
        null,
        'cloudtrail_event',
        records[1].artifact_id,
        records[1].record_no
    from v_shared_event
),
figure as (
    select
        joined,
        region as region_or_class,
        seen_by,
        miss_reason,
        min(event_time) as first_seen,
        max(event_time) as last_seen,
        count(*) as event_count,
        round(median(apart), 1) as median_seconds_apart,
        round(quantile_cont(apart, 0.99), 1) as p99_seconds_apart,
        arg_min(
            {'table': kind, 'artifact_id': artifact_id, 'record_no': record_no},
            row(event_time, artifact_id, record_no),
            20
        ) as records
    from pair
    where in_period(event_time, $case_from::timestamptz, $case_to::timestamptz)
    group by
        joined,
        region,
        seen_by,
        miss_reason
)
select
    joined,
    region_or_class,
    seen_by,
    miss_reason,
    first_seen,
    last_seen,
    event_count,
    round(event_count / sum(event_count) over (partition by joined), 4) as share_of_join,
    median_seconds_apart,
    p99_seconds_apart,
    case when abs(median_seconds_apart) > 5 then 'clocks differ: use it as slack' end as note,
    records
from figure
order by
    joined,
    region_or_class,
    seen_by,
    miss_reason
