-- Where and when the evidence cannot answer, because a log was not kept. Calls that switch logging say so, and snapshots of
-- the configuration do: the first one tells what held before it, back to the start of the evidence. One row per interval in
-- which one thing (a region, a bucket, an endpoint, a VPC, a trail) was off. The evidence starts and ends with the period of
-- the case or, without one, with CloudTrail.

create or replace view v_blind as
with call as materialized (
    select
        event_name as said_by,
        event_source,
        recipient_account_id as account_id,
        aws_region as region,
        request_parameters as request,
        response_elements as response,
        {
            'told_at': event_time,
            'said_by': event_name,
            'told_in': 'cloudtrail_event',
            'artifact_id': artifact_id,
            'record_no': record_no
        } as statement
    from cloudtrail_event
    where error_code is null
        and event_time is not null
        and event_name in (
            'AssociateResolverQueryLogConfig',
            'CreateDetector',
            'CreateEndpoint',
            'CreateEndpointConfig',
            'CreateFlowLogs',
            'CreateLogGroup',
            'DeleteConfigurationRecorder',
            'DeleteDetector',
            'DeleteFlowLogs',
            'DeleteLogGroup',
            'DeleteModelInvocationLoggingConfiguration',
            'DeleteTrail',
            'DisassociateResolverQueryLogConfig',
            'PutBucketLogging',
            'PutEventSelectors',
            'PutModelInvocationLoggingConfiguration',
            'StartConfigurationRecorder',
            'StartLogging',
            'StopConfigurationRecorder',
            'StopLogging',
            'UpdateDetector',
            'UpdateEndpoint'
        )
),
snapshot as materialized (
    select
        operation,
        -- Many answers name no account.
        coalesce(
            account_id,
            max(account_id) over (),
            (select max(recipient_account_id) from cloudtrail_event)
        ) as account_id,
        region,
        resource,
        coalesce(json, '{}'::json) as json,
        {
            'told_at': collected_at,
            'said_by': 'snapshot',
            'told_in': 'api_snapshot',
            'artifact_id': artifact_id,
            'record_no': record_no
        } as statement
    from api_snapshot
    where error_code is null
        and collected_at is not null
        and operation in (
            'describe-configuration-recorder-status',
            'describe-endpoint',
            'describe-endpoint-config',
            'describe-flow-logs',
            'describe-trails',
            'get-bucket-logging',
            'get-detector',
            'get-event-selectors',
            'get-model-invocation-logging-configuration',
            'get-trail-status',
            'list-detectors',
            'list-resolver-query-log-configs'
        )
),
-- A configuration of an endpoint is made before it is used, and never changes.
endpoint_config as (
    select
        request ->> '$.endpointConfigName' as config,
        bool_or(coalesce((request ->> '$.dataCaptureConfig.enableCapture') = 'true', false)) as captures
    from call
    where said_by = 'CreateEndpointConfig'
    group by config
    union all
    select
        json ->> '$.EndpointConfigName',
        bool_or(coalesce((json ->> '$.DataCaptureConfig.EnableCapture') = 'true', false))
    from snapshot
    where operation = 'describe-endpoint-config'
    group by json ->> '$.EndpointConfigName'
),
flow_log as (
    select
        entry ->> '$.FlowLogId' as flow_log_id,
        entry ->> '$.ResourceId' as network,
        (entry ->> '$.FlowLogStatus') = 'ACTIVE' as is_active,
        * exclude (entry)
    from (
        select
            * exclude (json, resource),
            unnest(json_extract(json, '$.FlowLogs[*]')) as entry
        from snapshot
        where operation = 'describe-flow-logs'
    )
),
created_flow_log as (
    select
        unnest(regexp_extract_all(response::varchar, '"(fl-[0-9a-zA-Z]+)"', 1)) as flow_log_id,
        unnest(regexp_extract_all(request::varchar, '"((?:vpc|subnet|eni|tgw|tgw-attach)-[0-9a-zA-Z]+)"', 1)) as network,
        * exclude (request, response)
    from call
    where said_by = 'CreateFlowLogs'
),
network_of as (
    select
        flow_log_id,
        min(network) as network
    from (
        select
            flow_log_id,
            network
        from flow_log
        union all
        select
            flow_log_id,
            network
        from created_flow_log
    )
    where flow_log_id is not null
    group by flow_log_id
),
deleted_flow_log as (
    select *
    from (
        select
            unnest(regexp_extract_all(request::varchar, '"(fl-[0-9a-zA-Z]+)"', 1)) as flow_log_id,
            -- The call succeeds as a whole and still lists logs that it could not delete.
            regexp_extract_all(
                coalesce(response -> '$.DeleteFlowLogsResponse.unsuccessful', response -> '$.unsuccessful')::varchar,
                '"(fl-[0-9a-zA-Z]+)"',
                1
            ) as spared,
            * exclude (request, response)
        from call
        where said_by = 'DeleteFlowLogs'
    )
    where not list_contains(coalesce(spared, []), flow_log_id)
),
trail as (
    select
        region,
        (entry ->> '$.IsMultiRegionTrail') = 'true' as is_everywhere,
        entry ->> '$.Name' as name
    from (
        select
            region,
            unnest(json_extract(json, '$.trailList[*]')) as entry
        from snapshot
        where operation = 'describe-trails'
    )
),
data_event as (
    select unnest(
        [
            'AWS::Bedrock::AgentAlias', 'AWS::Bedrock::InlineAgent', 'AWS::Bedrock::KnowledgeBase',
            'AWS::Bedrock::FlowAlias', 'AWS::Bedrock::Model', 'AWS::Bedrock::AsyncInvoke', 'AWS::Bedrock::Guardrail',
            'AWS::Bedrock::Prompt', 'AWS::BedrockMantle::', 'AWS::BedrockAgentCore::', 'AWS::SageMaker::Endpoint',
            'AWS::S3::Object', 'AWS::Lambda::Function'
        ]
    ) as type
),
selection as (
    select
        account_id,
        coalesce(regexp_extract(json ->> '$.TrailARN', '([^/]+)$', 1), resource) as name,
        json as selectors,
        statement
    from snapshot
    where operation = 'get-event-selectors'
    union all
    select
        account_id,
        regexp_extract(request ->> '$.trailName', '([^/]+)$', 1),
        coalesce(response, request),
        statement
    from call
    where said_by = 'PutEventSelectors'
),
-- All that says whether one thing is off at some time, and which record says it; is_off null says nothing.
switched as (
    select
        case when event_source = 'bedrock.amazonaws.com' then 'bedrock_invocation' end as source,
        account_id,
        region,
        null as resource,
        said_by = 'DeleteModelInvocationLoggingConfiguration'
        or (request ->> '$.loggingConfig.s3Config.bucketName') is null
        and (request ->> '$.loggingConfig.cloudWatchConfig.logGroupName') is null as is_off,
        statement
    from call
    where said_by in ('DeleteModelInvocationLoggingConfiguration', 'PutModelInvocationLoggingConfiguration')
    union all
    select
        'bedrock_message',
        account_id,
        region,
        null,
        (request ->> '$.loggingConfig.textDataDeliveryEnabled') = 'false',
        statement
    from call
    where said_by = 'PutModelInvocationLoggingConfiguration'
    union all
    select
        'bedrock_invocation',
        account_id,
        region,
        null,
        (json ->> '$.loggingConfig.s3Config.bucketName') is null
        and (json ->> '$.loggingConfig.cloudWatchConfig.logGroupName') is null,
        statement
    from snapshot
    where operation = 'get-model-invocation-logging-configuration'
    union all
    select
        'bedrock_message',
        account_id,
        region,
        null,
        (json ->> '$.loggingConfig.textDataDeliveryEnabled') = 'false',
        statement
    from snapshot
    where operation = 'get-model-invocation-logging-configuration'
        and (json ->> '$.loggingConfig.textDataDeliveryEnabled') is not null
    union all
    select
        'cloudtrail_event',
        account_id,
        case when not coalesce(trail.is_everywhere, false) then call.region end,
        regexp_extract(request ->> '$.name', '([^/]+)$', 1),
        said_by <> 'StartLogging',
        statement
    from call
    left join (
        select
            name,
            bool_or(is_everywhere) as is_everywhere
        from trail
        group by name
    ) as trail
        on trail.name = regexp_extract(request ->> '$.name', '([^/]+)$', 1)
    where event_source = 'cloudtrail.amazonaws.com'
        and said_by in ('StopLogging', 'StartLogging', 'DeleteTrail')
    union all
    select
        'cloudtrail_event',
        account_id,
        null,
        resource,
        (json ->> '$.IsLogging') = 'false',
        statement
    from snapshot
    where operation = 'get-trail-status'
        and (json ->> '$.IsLogging') is not null
    union all
    select
        'cloudtrail_event',
        account_id,
        null,
        'data events of ' || type || ' (' || name || ')',
        not contains(selectors::varchar, '"' || type),
        statement
    from selection
    cross join data_event
    -- What another trail selects is in the evidence all the same.
    where not exists (
            from selection as other
            where other.name is distinct from selection.name
                and contains(other.selectors::varchar, '"' || data_event.type)
        )
    union all
    select
        'vpc_flow',
        account_id,
        region,
        coalesce(network_of.network, deleted_flow_log.flow_log_id),
        true,
        statement
    from deleted_flow_log
    left join network_of
        on network_of.flow_log_id = deleted_flow_log.flow_log_id
    union all
    select
        'vpc_flow',
        account_id,
        region,
        network,
        false,
        statement
    from created_flow_log
    where network is not null
    union all
    select
        'vpc_flow',
        account_id,
        region,
        network,
        not bool_or(is_active),
        statement
    from flow_log
    group by all
    union all
    select
        'vpc_flow',
        account_id,
        region,
        null,
        true,
        statement
    from snapshot
    where operation = 'describe-flow-logs'
        and json_array_length(json, '$.FlowLogs') = 0
    union all
    select
        'dns_query',
        account_id,
        region,
        request ->> '$.resourceId',
        said_by = 'DisassociateResolverQueryLogConfig',
        statement
    from call
    where said_by in ('AssociateResolverQueryLogConfig', 'DisassociateResolverQueryLogConfig')
    union all
    select
        'dns_query',
        account_id,
        region,
        null,
        json_array_length(json, '$.ResolverQueryLogConfigs') = 0,
        statement
    from snapshot
    where operation = 'list-resolver-query-log-configs'
    union all
    select
        'guardduty',
        account_id,
        region,
        coalesce(request ->> '$.detectorId', response ->> '$.detectorId'),
        case
            when said_by = 'DeleteDetector' then true
            else (request ->> '$.enable') = 'false'
        end,
        statement
    from call
    where event_source = 'guardduty.amazonaws.com'
        and (said_by = 'DeleteDetector' or (request ->> '$.enable') is not null)
    union all
    select
        'guardduty',
        account_id,
        region,
        case when operation = 'get-detector' then resource end,
        case
            when operation = 'list-detectors' then json_array_length(json, '$.DetectorIds') = 0
            else (json ->> '$.Status') = 'DISABLED'
        end,
        statement
    from snapshot
    where operation in ('get-detector', 'list-detectors')
    union all
    select
        's3_access',
        account_id,
        region,
        request ->> '$.bucketName',
        coalesce(
            request ->> '$.BucketLoggingStatus.LoggingEnabled.TargetBucket',
            request ->> '$.bucketLoggingStatus.loggingEnabled.targetBucket'
        ) is null,
        statement
    from call
    where said_by = 'PutBucketLogging'
    union all
    select
        's3_access',
        account_id,
        region,
        resource,
        (json ->> '$.LoggingEnabled.TargetBucket') is null,
        statement
    from snapshot
    where operation = 'get-bucket-logging'
        and resource is not null
    union all
    select
        'sagemaker_capture',
        account_id,
        region,
        request ->> '$.endpointName',
        not endpoint_config.captures,
        statement
    from call
    join (
        select
            config,
            bool_or(captures) as captures
        from endpoint_config
        group by config
    ) as endpoint_config
        on endpoint_config.config = (request ->> '$.endpointConfigName')
    where event_source = 'sagemaker.amazonaws.com'
        and said_by in ('CreateEndpoint', 'UpdateEndpoint')
    union all
    select
        'sagemaker_capture',
        account_id,
        region,
        json ->> '$.EndpointName',
        (json ->> '$.DataCaptureConfig.EnableCapture') is distinct from 'true'
        or coalesce(json ->> '$.DataCaptureConfig.CaptureStatus', 'Started') <> 'Started',
        statement
    from snapshot
    where operation = 'describe-endpoint'
    union all
    select
        'config_item',
        account_id,
        region,
        null,
        said_by <> 'StartConfigurationRecorder',
        statement
    from call
    where said_by in ('StartConfigurationRecorder', 'StopConfigurationRecorder', 'DeleteConfigurationRecorder')
    union all
    select
        'config_item',
        account_id,
        region,
        null,
        not coalesce(list_contains(json_extract_string(json, '$.ConfigurationRecordersStatus[*].recording'), 'true'), false),
        statement
    from snapshot
    where operation = 'describe-configuration-recorder-status'
    union all
    select
        'cloudwatch_log_event',
        account_id,
        region,
        request ->> '$.logGroupName',
        said_by = 'DeleteLogGroup',
        statement
    from call
    where said_by in ('CreateLogGroup', 'DeleteLogGroup')
),
told as (
    select
        * exclude (statement),
        unnest(statement)
    from switched
),
-- Statements on one thing follow each other; names of buckets and trails need no region.
stated as (
    select
        *,
        lag(is_off) over place as was_off
    from told
    where source is not null
        and is_off is not null
        -- An empty list is about the things that were in it before.
        and (
            resource is not null
            or said_by <> 'snapshot'
            or not exists (
                from told as named
                where named.source = told.source
                    and named.region is not distinct from told.region
                    and named.resource is not null
            )
        )
    window place as (
        partition by
            source,
            account_id,
            case when source not in ('cloudtrail_event', 's3_access') then region end,
            resource
        order by told_at, told_in desc, artifact_id, record_no
    )
),
turned as (
    select
        *,
        lead(told_at) over (
            partition by
                source,
                account_id,
                case when source not in ('cloudtrail_event', 's3_access') then region end,
                resource
            order by told_at, told_in desc, artifact_id, record_no
        ) as next_told,
        was_off is null and said_by = 'snapshot' as from_the_start
    from stated
    where was_off is distinct from is_off
),
evidence as (
    select
        coalesce((select min(case_from) from ref_case), min(event_time)) as starts_at,
        coalesce((select max(case_to) from ref_case), max(event_time)) as ends_at
    from cloudtrail_event
)
select
    source,
    account_id,
    region,
    resource,
    case when from_the_start then least(starts_at, told_at) else told_at end as blind_from,
    coalesce(next_told, greatest(ends_at, told_at)) as blind_to,
    from_the_start,
    next_told is null as to_the_end,
    said_by as switched_by,
    told_in as said_in,
    artifact_id,
    record_no
from turned
cross join evidence
where is_off;
comment on view v_blind is 'Intervals in which a log was not kept, by calls that switch it and by snapshots of its configuration.';
