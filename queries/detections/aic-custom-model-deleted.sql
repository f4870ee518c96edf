-- ---
-- id: aic-custom-model-deleted
-- version: 1.0.0
-- title: Custom model or its job destroyed
-- status: stable
-- severity: high
-- element: ai-changes
-- attack: [T1485]
-- atlas: [AML.T0029]
-- description: >-
--   Finds custom and imported models, marketplace endpoints, customisation and training jobs, SageMaker models,
--   packages, endpoints and their configurations that were deleted or stopped: critical when the caller used a Bedrock
--   API key, high otherwise. One finding per resource and identity. Misses artifacts that are deleted in S3, and
--   refused calls.
-- requires:
--   cloudtrail_event: needed
-- parameters: {}
-- false_positives:
--   - Clean-up automation; reference/allow.csv takes its role.
-- references:
--   - https://docs.aws.amazon.com/bedrock/latest/APIReference/API_DeleteCustomModel.html
-- changelog:
--   1.0.0: first version
-- ---
with event as (
    select
        event_time,
        event_source,
        event_name,
        regexp_replace(
            coalesce(
                request_parameters ->> '$.modelIdentifier',
                request_parameters ->> '$.endpointArn',
                request_parameters ->> '$.jobIdentifier',
                request_parameters ->> '$.modelName',
                request_parameters ->> '$.modelPackageName',
                request_parameters ->> '$.endpointName',
                request_parameters ->> '$.endpointConfigName',
                request_parameters ->> '$.trainingJobName'
            ),
            '^arn:[^:]*:[^:]*:[^:]*:[^:]*:',
            ''
        ) as resource,
        principal,
        credential,
        source_ip_address,
        aws_region,
        recipient_account_id,
        error_code,
        request_parameters as request,
        artifact_id,
        record_no
    from cloudtrail_event as event
    where (
            event_source = 'bedrock.amazonaws.com'
            and event_name in (
                'DeleteCustomModel',
                'DeleteImportedModel',
                'DeleteMarketplaceModelEndpoint',
                'StopModelCustomizationJob'
            )
            or event_source = 'sagemaker.amazonaws.com'
            and event_name in (
                'DeleteModel',
                'DeleteModelPackage',
                'DeleteEndpoint',
                'DeleteEndpointConfig',
                'StopTrainingJob'
            )
        )
        and error_code is null
),
judged as (
    select
        event.*,
        list_filter(
            [
                case
                    when starts_with(event_name, 'Stop') then 'job stopped'
                    when event_name = 'DeleteModelPackage' then 'model package deleted'
                    when event_name = 'DeleteEndpointConfig' then 'endpoint configuration deleted'
                    when contains(event_name, 'Endpoint') then 'endpoint deleted'
                    else 'model deleted'
                end
            ],
            lambda reason : reason is not null
        ) as reason
    from event
),
finding as (
    select
        resource,
        principal,
        max(case when ends_with(coalesce(credential, ''), '#bearer') then 5 else 4 end) as rank,
        list_sort(
            list_distinct(flatten(list(reason order by event_time, artifact_id, record_no)))
        ) as reason,
        distinct_values(event_name) as event_name,
        min(event_time) as first_seen,
        max(event_time) as last_seen,
        count(*) as event_count,
        distinct_values(credential) as credential,
        distinct_values(source_ip_address) as address,
        distinct_values(aws_region) as region,
        min(recipient_account_id) as account_id,
        list(
            {'table': 'cloudtrail_event', 'artifact_id': artifact_id, 'record_no': record_no}
            order by event_time, artifact_id, record_no
        ) as records
    from judged
    where len(reason) > 0
    group by
        resource,
        principal
)
select
    'model' as entity_type,
    coalesce(resource, event_name[1]) as entity,
    ['info', 'low', 'medium', 'high', 'critical'][rank] as severity,
    first_seen,
    last_seen,
    event_count,
    short_name(principal)
    || ' made '
    || counted(event_count, 'call') || ' (' || named(event_name) || ')'
    || coalesce(' on ' || resource, '')
    || coalesce(': ' || nullif(named(reason), ''), '') as summary,
    records,
    principal as actor,
    case when len(address) = 1 then address[1] end as source_ip,
    case when len(region) = 1 then region[1] end as region,
    account_id,
    resource,
    {
        'event_names': event_name,
        'reasons': reason,
        'regions': region,
        'credentials': credential,
        'addresses': address
    } as metrics
from finding
order by
    first_seen,
    entity,
    actor
