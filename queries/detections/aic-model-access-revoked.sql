-- ---
-- id: aic-model-access-revoked
-- version: 1.0.0
-- title: Availability of a model removed
-- status: stable
-- severity: high
-- element: ai-changes
-- attack: [T1499, T1485]
-- atlas: [AML.T0029]
-- description: >-
--   Finds model agreements, inference profiles, provisioned throughput, deployments of custom models and prompt routers
--   that were deleted: high when invocations used the resource before, with the calls that failed afterwards, low
--   otherwise. Misses uses that neither CloudTrail nor the invocation log names, and refused calls.
-- requires:
--   cloudtrail_event: needed
--   bedrock_invocation: helpful
--   named_set: optional
-- parameters:
--   after: {type: interval, default: 24 hours, description: failed calls this long after the removal are counted}
-- false_positives:
--   - Models that are retired.
-- references:
--   - https://docs.aws.amazon.com/bedrock/latest/APIReference/API_DeleteFoundationModelAgreement.html
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
                request_parameters ->> '$.modelId',
                request_parameters ->> '$.inferenceProfileIdentifier',
                request_parameters ->> '$.provisionedModelId',
                request_parameters ->> '$.customModelDeploymentIdentifier',
                request_parameters ->> '$.promptRouterArn'
            ),
            '^arn:.*/',
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
    where event_source = 'bedrock.amazonaws.com'
        and event_name in (
            'DeleteFoundationModelAgreement',
            'DeleteInferenceProfile',
            'DeleteProvisionedModelThroughput',
            'DeleteCustomModelDeployment',
            'DeletePromptRouter'
        )
        and error_code is null
),
invocation as (
    select
        event_time,
        regexp_replace(request_parameters ->> '$.modelId', '^arn:.*/', '') as resource,
        error_code
    from cloudtrail_event
    where event_source = 'bedrock.amazonaws.com'
        and event_name in (select member from named_set where name = 'INVOKE_RT')
        and exists (from event)
    union all
    select
        event_time,
        regexp_replace(model_id, '^arn:.*/', '') as resource,
        error_code
    from bedrock_invocation
    where exists (from event)
),
use as (
    select
        event.artifact_id,
        event.record_no,
        count(*) filter (
            invocation.event_time <= event.event_time and invocation.error_code is null
        ) as uses,
        max(invocation.event_time) filter (
            invocation.event_time <= event.event_time and invocation.error_code is null
        ) as last_use,
        count(invocation.error_code) filter (
            invocation.event_time > event.event_time
            and invocation.event_time <= event.event_time + $after::interval
        ) as failures
    from event
    join invocation
        on base_model(invocation.resource) = base_model(event.resource)
    group by
        event.artifact_id,
        event.record_no
),
judged as (
    select
        event.*,
        coalesce(use.uses, 0) as uses,
        use.last_use,
        coalesce(use.failures, 0) as failures,
        list_filter(
            [
                case event_name
                    when 'DeleteFoundationModelAgreement' then 'agreement deleted'
                    when 'DeleteInferenceProfile' then 'inference profile deleted'
                    when 'DeleteProvisionedModelThroughput' then 'provisioned throughput deleted'
                    when 'DeleteCustomModelDeployment' then 'deployment deleted'
                    else 'prompt router deleted'
                end
            ],
            lambda reason : reason is not null
        ) as reason
    from event
    left join use
        on use.artifact_id = event.artifact_id
        and use.record_no = event.record_no
),
finding as (
    select
        resource,
        principal,
        max(case when uses > 0 then 4 else 2 end) as rank,
        list_sort(
            list_distinct(flatten(list(reason order by event_time, artifact_id, record_no)))
        ) as reason,
        max(uses) as uses,
        max(last_use) as last_use,
        max(failures) as failures,
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
    || coalesce(': ' || nullif(named(reason), ''), '')
    || case
        when uses > 0
        then '; used before, last at ' || moment(last_use) || ', '
            || counted(failures, 'call') || ' failed afterwards'
        else '; not seen in use before'
    end as summary,
    records,
    principal as actor,
    case when len(address) = 1 then address[1] end as source_ip,
    case when len(region) = 1 then region[1] end as region,
    account_id,
    resource,
    {
        'event_names': event_name,
        'reasons': reason,
        'uses_before': uses,
        'last_use': last_use,
        'failures_after': failures,
        'regions': region,
        'credentials': credential,
        'addresses': address
    } as metrics
from finding
order by
    first_seen,
    entity,
    actor
