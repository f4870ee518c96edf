-- ---
-- id: aic-provisioned-throughput
-- version: 1.0.0
-- title: Provisioned throughput created, changed or deleted
-- status: stable
-- severity: high
-- element: ai-changes
-- attack: [T1496.004, T1499]
-- atlas: [AML.T0034, AML.T0029]
-- description: >-
--   Finds provisioned throughput that was created, changed or deleted, with model units and commitment: high when an
--   identity creates it for the first time, or when invocations used what is deleted; medium otherwise. Misses the
--   cost, since prices of model units are not public, and refused calls.
-- requires:
--   cloudtrail_event: needed
--   bedrock_invocation: optional
--   named_set: optional
-- preconditions:
--   - query: >-
--       select coalesce(min(event_time) <= coalesce($base_to::timestamptz, $case_from::timestamptz)
--       - interval 7 days, false) from cloudtrail_event
--     otherwise: partial
--     reason: less than seven days of CloudTrail before the case, so unseen may only mean unrecorded
-- parameters:
--   case_from: {type: timestamptz, default: case, description: start of the period of interest}
--   base_from: {type: timestamptz, default: case, description: start of the baseline}
--   base_to: {type: timestamptz, default: case, description: end of the baseline; the start of the case when empty}
-- false_positives:
--   - Planning of capacity.
-- references:
--   - https://docs.aws.amazon.com/bedrock/latest/userguide/prov-throughput.html
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
                request_parameters ->> '$.provisionedModelId',
                response_elements ->> '$.provisionedModelArn',
                request_parameters ->> '$.provisionedModelName'
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
        response_elements as response,
        artifact_id,
        record_no
    from cloudtrail_event as event
    where event_source = 'bedrock.amazonaws.com'
        and event_name in (
            'CreateProvisionedModelThroughput',
            'UpdateProvisionedModelThroughput',
            'DeleteProvisionedModelThroughput'
        )
        and error_code is null
),
habit as (
    select distinct
        principal,
        event_name
    from event
    where event_time < coalesce($base_to::timestamptz, $case_from::timestamptz)
        and ($base_from::timestamptz is null or event_time >= $base_from::timestamptz)
),
use as (
    select
        regexp_replace(request_parameters ->> '$.modelId', '^arn:.*/', '') as resource,
        max(event_time) as last_use
    from cloudtrail_event
    where event_source = 'bedrock.amazonaws.com'
        and event_name in (select member from named_set where name = 'INVOKE_RT')
        and contains(request_parameters ->> '$.modelId', ':provisioned-model/')
        and error_code is null
    group by all
    union all
    select
        regexp_replace(model_id, '^arn:.*/', '') as resource,
        max(event_time) as last_use
    from bedrock_invocation
    where contains(model_id, ':provisioned-model/')
    group by all
),
last_use as (
    select
        resource,
        max(last_use) as last_use
    from use
    group by resource
),
compared as (
    select
        event.*,
        coalesce(
            event.event_time >= coalesce($base_to::timestamptz, $case_from::timestamptz)
            and habit.principal is null,
            false
        ) as is_unseen
    from event
    left join habit
        on habit.principal = event.principal
        and habit.event_name is not distinct from event.event_name
),
judged as (
    select
        compared.*,
        last_use.last_use,
        try_cast(request ->> '$.modelUnits' as bigint) as model_units,
        request ->> '$.commitmentDuration' as commitment,
        coalesce(request ->> '$.modelId', request ->> '$.desiredModelId') as model_id,
        list_filter(
            [
                case event_name
                    when 'CreateProvisionedModelThroughput' then 'created'
                    when 'UpdateProvisionedModelThroughput' then 'changed'
                    else 'deleted'
                end
            ],
            lambda reason : reason is not null
        ) as reason
    from compared
    left join last_use
        on last_use.resource = compared.resource
),
finding as (
    select
        resource,
        principal,
        max(
            case
                when event_name = 'CreateProvisionedModelThroughput' and is_unseen then 4
                when event_name = 'DeleteProvisionedModelThroughput' and last_use is not null then 4
                else 3
            end
        ) as rank,
        list_sort(
            list_distinct(flatten(list(reason order by event_time, artifact_id, record_no)))
        ) as reason,
        bool_or(is_unseen) as is_unseen,
        sum(model_units)::bigint as model_units,
        distinct_values(commitment) as commitment,
        distinct_values(model_id) as model_id,
        max(last_use) as last_use,
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
    'throughput' as entity_type,
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
    || case when is_unseen then '; never before the case' else '' end
    || coalesce('; ' || counted(model_units, 'model unit'), '')
    || case when len(commitment) > 0 then ' for ' || named(commitment) else '' end
    || coalesce('; last used at ' || moment(last_use), '') as summary,
    records,
    principal as actor,
    case when len(address) = 1 then address[1] end as source_ip,
    case when len(region) = 1 then region[1] end as region,
    account_id,
    resource,
    {
        'event_names': event_name,
        'reasons': reason,
        'unseen': is_unseen,
        'model_units': model_units,
        'commitments': commitment,
        'models': model_id,
        'last_use': last_use,
        'regions': region,
        'credentials': credential,
        'addresses': address
    } as metrics
from finding
order by
    first_seen,
    entity,
    actor
