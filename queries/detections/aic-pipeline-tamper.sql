-- ---
-- id: aic-pipeline-tamper
-- version: 1.0.0
-- title: SageMaker pipeline, image or repository changed
-- status: stable
-- severity: high
-- element: ai-changes
-- attack: [T1195.002, T1546]
-- atlas: [AML.T0010.001, AML.T0020]
-- description: >-
--   Finds SageMaker pipelines, images, cluster volumes and software and code repositories that anyone but the pipeline
--   and deployment roles changed, and pipelines that an identity starts for the first time: high for an identity that
--   never made the call before the case and for a repository outside AWS, medium otherwise. Misses changes in the
--   repository itself, and refused calls.
-- requires:
--   cloudtrail_event: needed
--   ref_principal: helpful
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
--   - The team that operates the pipelines.
-- references:
--   - https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_UpdatePipeline.html
-- changelog:
--   1.0.0: first version
-- ---
with event as (
    select
        event_time,
        event_source,
        event_name,
        coalesce(
            request_parameters ->> '$.pipelineName',
            request_parameters ->> '$.imageName',
            request_parameters ->> '$.clusterName',
            request_parameters ->> '$.clusterArn',
            request_parameters ->> '$.codeRepositoryName'
        ) as resource,
        sha256(request_parameters ->> '$.pipelineDefinition') as definition,
        regexp_extract(request_parameters ->> '$.gitConfig.repositoryUrl', '^https?://([^/:]+)', 1) as host,
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
    where event_source = 'sagemaker.amazonaws.com'
        and event_name in (
            'CreatePipeline',
            'UpdatePipeline',
            'StartPipelineExecution',
            'CreateImageVersion',
            'UpdateImage',
            'AttachClusterNodeVolume',
            'UpdateClusterSoftware',
            'CreateCodeRepository',
            'UpdateCodeRepository'
        )
        and error_code is null
        and not exists (
            select 1
            from ref_principal as known
            where known.class in ('ci', 'pipeline')
                and principal_matches(known.principal, event.principal)
        )
),
habit as (
    select distinct
        principal,
        event_name
    from event
    where event_time < coalesce($base_to::timestamptz, $case_from::timestamptz)
        and ($base_from::timestamptz is null or event_time >= $base_from::timestamptz)
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
                case
                    when event_name = 'StartPipelineExecution' then case when is_unseen then 'pipeline started' end
                    when ends_with(event_name, 'Pipeline') then 'pipeline written'
                    when contains(event_name, 'Image') then 'image changed'
                    when contains(event_name, 'Cluster') then 'cluster changed'
                    else 'repository set'
                end,
                case
                    when host <> '' and not regexp_matches(host, '(^|\.)amazonaws\.com(\.cn)?$')
                    then 'code comes from ' || host
                end
            ],
            lambda reason : reason is not null
        ) as reason
    from compared
),
finding as (
    select
        resource,
        principal,
        max(
            case
                when is_unseen or (host <> '' and not regexp_matches(host, '(^|\.)amazonaws\.com(\.cn)?$')) then 4
                else 3
            end
        ) as rank,
        list_sort(
            list_distinct(flatten(list(reason order by event_time, artifact_id, record_no)))
        ) as reason,
        bool_or(is_unseen) as is_unseen,
        distinct_values(definition) as definition,
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
    'pipeline' as entity_type,
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
        'definition_sha256': definition,
        'regions': region,
        'credentials': credential,
        'addresses': address
    } as metrics
from finding
order by
    first_seen,
    entity,
    actor
