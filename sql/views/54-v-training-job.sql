-- SageMaker jobs with the objects that they read and write and the interfaces that they had (J6): from the call that made
-- the job, else from its description. One row for each channel; a job without inputs has one row.

create or replace view v_training_job as
with described as (
    select
        regexp_extract(operation, '^describe-([a-z]+)-job$', 1) as kind,
        coalesce(json ->> '$.TrainingJobName', json ->> '$.ProcessingJobName', json ->> '$.TransformJobName')
            as job,
        account_id,
        region,
        json,
        artifact_id,
        record_no
    from api_snapshot
    where service = 'sagemaker'
        and operation in ('describe-training-job', 'describe-processing-job', 'describe-transform-job')
        and error_code is null
    qualify row_number() over (
        partition by operation, job, region
        order by collected_at desc nulls last, artifact_id desc
    ) = 1
),
made as (
    select
        lower(regexp_extract(event_name, '^Create([A-Za-z]+)Job$', 1)) as kind,
        coalesce(
            request_parameters ->> '$.trainingJobName',
            request_parameters ->> '$.processingJobName',
            request_parameters ->> '$.transformJobName'
        ) as job,
        recipient_account_id as account_id,
        aws_region as region,
        event_time,
        principal,
        credential,
        source_ip_address,
        error_code,
        request_parameters,
        artifact_id,
        record_no
    from cloudtrail_event
    where event_source = 'sagemaker.amazonaws.com'
        and event_name in ('CreateTrainingJob', 'CreateProcessingJob', 'CreateTransformJob')
),
interface as (
    select
        regexp_extract(request_parameters ->> '$.description', ' Job ([A-Za-z0-9-]+)$', 1) as job,
        distinct_values(response_elements ->> '$.networkInterface.networkInterfaceId') as interfaces,
        distinct_values(response_elements ->> '$.networkInterface.privateIpAddress') as addresses
    from cloudtrail_event
    where event_source = 'ec2.amazonaws.com'
        and event_name = 'CreateNetworkInterface'
        and error_code is null
    group by job
),
job as (
    select
        coalesce(made.kind, described.kind) as kind,
        coalesce(made.job, described.job) as job,
        coalesce(made.account_id, described.account_id) as account_id,
        coalesce(made.region, described.region) as region,
        coalesce(made.event_time, instant_of(described.json ->> '$.CreationTime')) as created,
        coalesce(
            instant_of(described.json ->> '$.TrainingStartTime'),
            instant_of(described.json ->> '$.ProcessingStartTime'),
            instant_of(described.json ->> '$.TransformStartTime')
        ) as started,
        coalesce(
            instant_of(described.json ->> '$.TrainingEndTime'),
            instant_of(described.json ->> '$.ProcessingEndTime'),
            instant_of(described.json ->> '$.TransformEndTime')
        ) as ended,
        coalesce(
            described.json ->> '$.TrainingJobStatus',
            described.json ->> '$.ProcessingJobStatus',
            described.json ->> '$.TransformJobStatus'
        ) as status,
        made.principal as creator,
        made.credential,
        made.source_ip_address as source_ip,
        made.error_code,
        coalesce(made.request_parameters ->> '$.roleArn', described.json ->> '$.RoleArn') as role_arn,
        coalesce(
            made.request_parameters ->> '$.algorithmSpecification.trainingImage',
            made.request_parameters ->> '$.appSpecification.imageUri',
            described.json ->> '$.AlgorithmSpecification.TrainingImage',
            described.json ->> '$.AppSpecification.ImageUri'
        ) as image,
        coalesce(
            made.request_parameters ->> '$.algorithmSpecification.algorithmName',
            described.json ->> '$.AlgorithmSpecification.AlgorithmName'
        ) as algorithm,
        coalesce(made.request_parameters -> '$.resourceConfig', described.json -> '$.ResourceConfig')
            as resource_config,
        coalesce(made.request_parameters -> '$.vpcConfig', described.json -> '$.VpcConfig') as vpc_config,
        coalesce(made.request_parameters -> '$.tags', described.json -> '$.Tags') as tags,
        coalesce(
            made.request_parameters ->> '$.outputDataConfig.s3OutputPath',
            made.request_parameters ->> '$.transformOutput.s3OutputPath',
            described.json ->> '$.OutputDataConfig.S3OutputPath',
            described.json ->> '$.TransformOutput.S3OutputPath'
        ) as output_uri,
        described.json ->> '$.ModelArtifacts.S3ModelArtifacts' as model_artifact,
        list_concat(
            json_items(
                coalesce(
                    made.request_parameters -> '$.inputDataConfig',
                    made.request_parameters -> '$.processingInputs',
                    made.request_parameters -> '$.transformInput'
                )
            ),
            case
                when made.job is null
                then json_items(
                    coalesce(
                        described.json -> '$.InputDataConfig',
                        described.json -> '$.ProcessingInputs',
                        described.json -> '$.TransformInput'
                    )
                )
                else []
            end
        ) as channels,
        coalesce(interface.interfaces, []) as interfaces,
        coalesce(interface.addresses, []) as addresses,
        coalesce(made.artifact_id, described.artifact_id) as artifact_id,
        coalesce(made.record_no, described.record_no) as record_no,
        described.artifact_id as snapshot_artifact_id,
        described.record_no as snapshot_record_no
    from made
    full join described
        on described.job = made.job
        and described.kind = made.kind
        and described.region is not distinct from made.region
    left join interface
        on interface.job = coalesce(made.job, described.job)
),
channel as (
    select
        job.* exclude (channels),
        unnest(case when len(channels) = 0 then [null::json] else channels end) as channel
    from job
)
select
    channel.* exclude (channel),
    coalesce(
        channel ->> '$.channelName',
        channel ->> '$.ChannelName',
        channel ->> '$.inputName',
        channel ->> '$.InputName'
    ) as channel,
    coalesce(
        channel ->> '$.dataSource.s3DataSource.s3Uri',
        channel ->> '$.DataSource.S3DataSource.S3Uri',
        channel ->> '$.s3Input.s3Uri',
        channel ->> '$.S3Input.S3Uri'
    ) as input_uri,
    coalesce(
        channel ->> '$.dataSource.s3DataSource.s3DataType',
        channel ->> '$.DataSource.S3DataSource.S3DataType'
    ) as input_type,
    coalesce(channel ->> '$.contentType', channel ->> '$.ContentType') as content_type,
    coalesce(channel ->> '$.compressionType', channel ->> '$.CompressionType') as compression
from channel;
comment on view v_training_job is
'Training, processing and transform jobs, one row a channel, with role, image, S3 locations and interfaces.';
