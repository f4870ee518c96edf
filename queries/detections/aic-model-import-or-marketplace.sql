-- ---
-- id: aic-model-import-or-marketplace
-- version: 1.0.0
-- title: Foreign model imported or endpoint registered
-- status: stable
-- severity: high
-- element: ai-changes
-- attack: [T1195.002, T1525]
-- atlas: [AML.T0010.003, AML.T0018.002]
-- description: >-
--   Finds models that were imported into Bedrock, deployed, or reached through a marketplace endpoint, when the
--   artifact lies outside the known model buckets or the identity never made such a call before the case. One finding
--   per model and identity. Misses a trusted bucket whose content is not, and refused calls.
-- requires:
--   cloudtrail_event: needed
--   ref_bucket: helpful
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
--   - Planned imports.
-- references:
--   - https://docs.aws.amazon.com/bedrock/latest/APIReference/API_CreateModelImportJob.html
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
                request_parameters ->> '$.importedModelName',
                request_parameters ->> '$.modelDeploymentName',
                request_parameters ->> '$.endpointName',
                request_parameters ->> '$.endpointIdentifier',
                request_parameters ->> '$.jobName'
            ),
            '^arn:.*/',
            ''
        ) as resource,
        request_parameters ->> '$.modelDataSource.s3DataSource.s3Uri' as data_uri,
        coalesce(
            request_parameters ->> '$.modelSourceIdentifier',
            request_parameters ->> '$.modelArn'
        ) as model_source,
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
            'CreateModelImportJob',
            'CreateCustomModelDeployment',
            'CreateMarketplaceModelEndpoint',
            'RegisterMarketplaceModelEndpoint'
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
model_bucket as (
    select coalesce(list(distinct bucket order by bucket), []) as buckets
    from ref_bucket
    where class = 'model'
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
        list_filter(
            [
                case when is_unseen then 'identity never made such a call' end,
                case
                    when len(model_bucket.buckets) > 0
                        and data_uri is not null
                        and not list_contains(model_bucket.buckets, uri_bucket(data_uri))
                    then 'artifact outside the model buckets ' || data_uri
                end
            ],
            lambda reason : reason is not null
        ) as reason
    from compared
    cross join model_bucket
),
finding as (
    select
        resource,
        principal,
        list_sort(
            list_distinct(flatten(list(reason order by event_time, artifact_id, record_no)))
        ) as reason,
        bool_or(is_unseen) as is_unseen,
        distinct_values(data_uri) as data_uri,
        distinct_values(model_source) as model_source,
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
    'high' as severity,
    first_seen,
    last_seen,
    event_count,
    short_name(principal)
    || ' made '
    || counted(event_count, 'call') || ' (' || named(event_name) || ')'
    || coalesce(' on ' || resource, '')
    || coalesce(': ' || nullif(named(reason), ''), '')
    || case when is_unseen then '; never before the case' else '' end as summary,
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
        'data_uris': data_uri,
        'model_sources': model_source,
        'regions': region,
        'credentials': credential,
        'addresses': address
    } as metrics
from finding
order by
    first_seen,
    entity,
    actor
