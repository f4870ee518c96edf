-- SageMaker models, endpoint configurations and what endpoints run, from the calls that made them and from collected
-- answers. Keys of requests begin in lower case, keys of answers in upper case.

create or replace view v_sagemaker_model as
select
    event_time as created,
    recipient_account_id as account_id,
    aws_region as region,
    request_parameters ->> '$.modelName' as model,
    request_parameters ->> '$.executionRoleArn' as role,
    list_filter(
        list_transform(
            json_items(request_parameters -> '$.primaryContainer')
            || json_items(request_parameters -> '$.containers'),
            lambda container : container ->> '$.image'
        ),
        lambda image : image is not null
    ) as images,
    list_filter(
        list_transform(
            json_items(request_parameters -> '$.primaryContainer')
            || json_items(request_parameters -> '$.containers'),
            lambda container : coalesce(
                container ->> '$.modelDataUrl',
                container ->> '$.modelDataSource.s3DataSource.s3Uri'
            )
        ),
        lambda uri : uri is not null
    ) as data_uris,
    principal,
    credential,
    source_ip_address,
    'cloudtrail_event' as source,
    artifact_id,
    record_no
from cloudtrail_event
where event_source = 'sagemaker.amazonaws.com'
    and event_name = 'CreateModel'
    and error_code is null
union all
select
    instant_of(json ->> '$.CreationTime') as created,
    account_id,
    region,
    coalesce(json ->> '$.ModelName', resource) as model,
    json ->> '$.ExecutionRoleArn' as role,
    list_filter(
        list_transform(
            json_items(json -> '$.PrimaryContainer') || json_items(json -> '$.Containers'),
            lambda container : container ->> '$.Image'
        ),
        lambda image : image is not null
    ) as images,
    list_filter(
        list_transform(
            json_items(json -> '$.PrimaryContainer') || json_items(json -> '$.Containers'),
            lambda container : coalesce(
                container ->> '$.ModelDataUrl',
                container ->> '$.ModelDataSource.S3DataSource.S3Uri'
            )
        ),
        lambda uri : uri is not null
    ) as data_uris,
    null as principal,
    null as credential,
    null as source_ip_address,
    'api_snapshot' as source,
    artifact_id,
    record_no
from api_snapshot
where service = 'sagemaker'
    and operation = 'describe-model'
    and error_code is null;
comment on view v_sagemaker_model is 'Models with their images and artifacts; principal is null when only an answer tells of the model.';

-- Capture is on when there is a configuration of it that does not say enableCapture false; null when the trail left the
-- parameters out.
create or replace view v_sagemaker_endpoint_config as
select
    event_time as created,
    recipient_account_id as account_id,
    aws_region as region,
    request_parameters ->> '$.endpointConfigName' as config,
    list_distinct(json_extract_string(request_parameters, '$.productionVariants[*].modelName')) as models,
    case
        when request_parameters is not null
        then coalesce(json_type(request_parameters -> '$.dataCaptureConfig') = 'OBJECT', false)
            and (request_parameters ->> '$.dataCaptureConfig.enableCapture') is distinct from 'false'
    end as captures,
    try_cast(
        request_parameters ->> '$.dataCaptureConfig.initialSamplingPercentage' as integer
    ) as sampling_percentage,
    json_extract_string(request_parameters, '$.dataCaptureConfig.captureOptions[*].captureMode') as capture_modes,
    request_parameters ->> '$.dataCaptureConfig.destinationS3Uri' as capture_uri,
    list_filter(
        json_extract_string(
            request_parameters -> '$.asyncInferenceConfig.outputConfig',
            [
                '$.s3OutputPath',
                '$.s3FailurePath',
                '$.notificationConfig.successTopic',
                '$.notificationConfig.errorTopic'
            ]
        ),
        lambda place : place is not null
    ) as async_outputs,
    principal,
    credential,
    source_ip_address,
    'cloudtrail_event' as source,
    artifact_id,
    record_no
from cloudtrail_event
where event_source = 'sagemaker.amazonaws.com'
    and event_name = 'CreateEndpointConfig'
    and error_code is null
union all
select
    instant_of(json ->> '$.CreationTime') as created,
    account_id,
    region,
    coalesce(json ->> '$.EndpointConfigName', resource) as config,
    list_distinct(json_extract_string(json, '$.ProductionVariants[*].ModelName')) as models,
    coalesce(json_type(json -> '$.DataCaptureConfig') = 'OBJECT', false)
    and (json ->> '$.DataCaptureConfig.EnableCapture') is distinct from 'false' as captures,
    try_cast(json ->> '$.DataCaptureConfig.InitialSamplingPercentage' as integer) as sampling_percentage,
    json_extract_string(json, '$.DataCaptureConfig.CaptureOptions[*].CaptureMode') as capture_modes,
    json ->> '$.DataCaptureConfig.DestinationS3Uri' as capture_uri,
    list_filter(
        json_extract_string(
            json -> '$.AsyncInferenceConfig.OutputConfig',
            [
                '$.S3OutputPath',
                '$.S3FailurePath',
                '$.NotificationConfig.SuccessTopic',
                '$.NotificationConfig.ErrorTopic'
            ]
        ),
        lambda place : place is not null
    ) as async_outputs,
    null as principal,
    null as credential,
    null as source_ip_address,
    'api_snapshot' as source,
    artifact_id,
    record_no
from api_snapshot
where service = 'sagemaker'
    and operation = 'describe-endpoint-config'
    and error_code is null;
comment on view v_sagemaker_endpoint_config is 'Endpoint configurations with their models and what they capture.';

-- A collected answer says what an endpoint ran when it was asked.
create or replace view v_sagemaker_deployment as
select
    event_time as deployed,
    recipient_account_id as account_id,
    aws_region as region,
    request_parameters ->> '$.endpointName' as endpoint,
    request_parameters ->> '$.endpointConfigName' as config,
    event_name,
    principal,
    credential,
    source_ip_address,
    'cloudtrail_event' as source,
    artifact_id,
    record_no
from cloudtrail_event
where event_source = 'sagemaker.amazonaws.com'
    and event_name in ('CreateEndpoint', 'UpdateEndpoint')
    and error_code is null
union all
select
    collected_at as deployed,
    account_id,
    region,
    coalesce(json ->> '$.EndpointName', resource) as endpoint,
    json ->> '$.EndpointConfigName' as config,
    operation as event_name,
    null as principal,
    null as credential,
    null as source_ip_address,
    'api_snapshot' as source,
    artifact_id,
    record_no
from api_snapshot
where service = 'sagemaker'
    and operation = 'describe-endpoint'
    and error_code is null
    and collected_at is not null;
comment on view v_sagemaker_deployment is 'Which configuration an endpoint got, or had when it was asked about (source api_snapshot).';
