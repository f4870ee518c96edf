-- Where and when the evidence cannot answer, because logging itself was switched off. One row per interval; blind_to is
-- the end of the evidence when nothing switched logging on again.

create or replace view v_blind as
with switch as (
    select
        event_time,
        aws_region as region,
        recipient_account_id as account_id,
        artifact_id,
        record_no,
        event_name,
        case event_name
            when 'DeleteModelInvocationLoggingConfiguration' then 'bedrock_invocation'
            when 'PutModelInvocationLoggingConfiguration' then 'bedrock_invocation'
            when 'StopLogging' then 'cloudtrail_event'
            when 'StartLogging' then 'cloudtrail_event'
            when 'DeleteTrail' then 'cloudtrail_event'
            when 'CreateTrail' then 'cloudtrail_event'
            when 'DeleteFlowLogs' then 'vpc_flow'
            when 'CreateFlowLogs' then 'vpc_flow'
            when 'DeleteDetector' then 'guardduty'
            when 'UpdateDetector' then 'guardduty'
            when 'CreateDetector' then 'guardduty'
            when 'PutBucketLogging' then 's3_access'
            when 'UpdateEndpoint' then 'sagemaker_capture'
            when 'CreateEndpoint' then 'sagemaker_capture'
        end as source,
        case event_name
            when 'StopLogging' then request_parameters ->> '$.name'
            when 'StartLogging' then request_parameters ->> '$.name'
            when 'DeleteTrail' then request_parameters ->> '$.name'
            when 'CreateTrail' then request_parameters ->> '$.name'
            when 'DeleteDetector' then request_parameters ->> '$.detectorId'
            when 'UpdateDetector' then request_parameters ->> '$.detectorId'
            when 'PutBucketLogging' then request_parameters ->> '$.bucketName'
            when 'UpdateEndpoint' then request_parameters ->> '$.endpointName'
            when 'CreateEndpoint' then request_parameters ->> '$.endpointName'
        end as resource,
        case event_name
            when 'PutModelInvocationLoggingConfiguration' then
                (request_parameters ->> '$.loggingConfig.s3Config.bucketName') is null
                and (request_parameters ->> '$.loggingConfig.cloudWatchConfig.logGroupName') is null
            when 'UpdateDetector' then (request_parameters ->> '$.enable') = 'false'
            when 'PutBucketLogging' then
                coalesce(
                    request_parameters ->> '$.BucketLoggingStatus.LoggingEnabled.TargetBucket',
                    request_parameters ->> '$.bucketLoggingStatus.loggingEnabled.targetBucket'
                ) is null
            when 'UpdateEndpoint' then null
            when 'CreateEndpoint' then null
            else starts_with(event_name, 'Delete') or starts_with(event_name, 'Stop')
        end as is_off,
        request_parameters ->> '$.endpointConfigName' as endpoint_config,
    from cloudtrail_event
    where error_code is null
        and event_name in (
            'DeleteModelInvocationLoggingConfiguration', 'PutModelInvocationLoggingConfiguration', 'StopLogging',
            'StartLogging', 'DeleteTrail', 'CreateTrail', 'DeleteFlowLogs', 'CreateFlowLogs', 'DeleteDetector',
            'UpdateDetector', 'CreateDetector', 'PutBucketLogging', 'UpdateEndpoint', 'CreateEndpoint'
        )
),
-- An endpoint captures what its configuration says; configurations are made before they are used.
endpoint_config as (
    select
        request_parameters ->> '$.endpointConfigName' as endpoint_config,
        coalesce((request_parameters ->> '$.dataCaptureConfig.enableCapture')::boolean, false) as captures,
    from cloudtrail_event
    where error_code is null
        and event_name = 'CreateEndpointConfig'
        and event_source = 'sagemaker.amazonaws.com'
),
state as (
    select
        switch.* exclude (is_off, endpoint_config),
        coalesce(is_off, not captures, false) as is_off,
        lead(event_time) over (
            partition by source, account_id, region, resource
            order by event_time, artifact_id, record_no
        ) as next_switch,
    from switch
    left join endpoint_config using (endpoint_config)
)
select
    source,
    account_id,
    region,
    resource,
    event_time as blind_from,
    coalesce(next_switch, (select max(event_time) from cloudtrail_event)) as blind_to,
    next_switch is null as to_the_end,
    event_name as switched_by,
    artifact_id,
    record_no,
from state
where is_off;

-- Hours of every day between the first and the last row of a source, account and region in which it has no row, joined
-- to intervals. Sparse sources have many; a gap is a question, not an answer.
create or replace view v_gap as
with present as (
    select distinct
        source,
        account_id,
        region,
        date_trunc('hour', event_time) as hour,
    from v_event
    where event_time is not null
),
neighbour as (
    select
        *,
        lead(hour) over (partition by source, account_id, region order by hour) as next_hour,
    from present
)
select
    source,
    account_id,
    region,
    hour + interval 1 hour as gap_from,
    next_hour as gap_to,
    date_diff('hour', hour, next_hour) - 1 as hours,
from neighbour
where next_hour > hour + interval 1 hour;
