-- ---
-- id: inf-ecs-ecr-change
-- version: 1.0.0
-- title: Container image or task of the AI application changed
-- status: stable
-- severity: high
-- element: infrastructure-changes
-- attack: [T1525, T1610, T1204.003]
-- atlas: [AML.T0010.004]
-- description: >-
--   Finds images that anyone but the deployment roles pushes to, deletes from or makes replaceable in a repository
--   whose images models, jobs or tasks run, repository policies that let everybody or an account in that is not ours,
--   task definitions with an image that no task ran before the case or with a command that asks for credentials, and
--   services that are moved to such a task. One finding per resource and identity. Misses images behind an unchanged
--   tag that another registry serves, and refused calls.
-- requires:
--   cloudtrail_event: needed
--   v_sagemaker_model: optional
--   api_snapshot: optional
--   ref_account: optional
--   ref_case: optional
--   ref_principal: helpful
-- preconditions:
--   - query: >-
--       select coalesce(min(event_time) <= coalesce($base_to::timestamptz, $case_from::timestamptz)
--       - interval 7 days, false) from cloudtrail_event
--     otherwise: partial
--     reason: less than seven days of CloudTrail before the case, so unseen may only mean unrecorded
-- parameters:
--   case_from: {type: timestamptz, default: case, description: start of the period of interest}
--   base_to: {type: timestamptz, default: case, description: end of the baseline; the start of the case when empty}
-- false_positives:
--   - Deployment roles that reference/principal.csv does not list as ci.
-- references:
--   - https://docs.aws.amazon.com/AmazonECR/latest/userguide/logging-using-cloudtrail.html
-- changelog:
--   1.0.0: first version
-- ---
with event as (
    select
        event_time,
        event_source,
        event_name,
        coalesce(
            request_parameters ->> '$.repositoryName',
            request_parameters ->> '$.family',
            request_parameters ->> '$.service'
        ) as resource,
        json_extract_string(request_parameters, '$.containerDefinitions[*].image') as image,
        concat_ws(
            ' ',
            request_parameters -> '$.containerDefinitions[*].command',
            request_parameters -> '$.containerDefinitions[*].entryPoint'
        ) as command,
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
    where (
            event_source = 'ecr.amazonaws.com'
            and event_name in ('PutImage', 'BatchDeleteImage', 'SetRepositoryPolicy', 'PutImageTagMutability')
            or event_source = 'ecs.amazonaws.com'
            and event_name in ('RegisterTaskDefinition', 'UpdateService')
        )
        and error_code is null
        and not exists (
            select 1
            from ref_principal as known
            where known.class in ('ci', 'pipeline')
                and principal_matches(known.principal, event.principal)
        )
),
own as (
    select own_accounts() as accounts
),
-- What models, jobs and tasks run, and since when.
running as (
    select
        unnest(images) as image,
        created as event_time
    from v_sagemaker_model
    union all
    select
        coalesce(
            request_parameters ->> '$.algorithmSpecification.trainingImage',
            request_parameters ->> '$.appSpecification.imageUri'
        ) as image,
        event_time
    from cloudtrail_event
    where event_source = 'sagemaker.amazonaws.com'
        and event_name in ('CreateTrainingJob', 'CreateProcessingJob')
        and error_code is null
    union all
    select
        json ->> '$.AlgorithmSpecification.TrainingImage' as image,
        null::timestamptz as event_time
    from api_snapshot
    where service = 'sagemaker'
        and operation = 'describe-training-job'
    union all
    select
        unnest(json_extract_string(request_parameters, '$.containerDefinitions[*].image')) as image,
        event_time
    from cloudtrail_event
    where event_source = 'ecs.amazonaws.com'
        and event_name = 'RegisterTaskDefinition'
        and error_code is null
),
used_repository as (
    select distinct regexp_extract(image, '\.amazonaws\.com(?:\.cn)?/([^:@]+)', 1) as repository
    from running
),
old_image as (
    select coalesce(list(distinct image order by image), []) as images
    from running
    where event_time < coalesce($base_to::timestamptz, $case_from::timestamptz)
),
read as (
    select
        event.*,
        used_repository.repository is not null as is_used,
        case
            when event.event_time >= coalesce($base_to::timestamptz, $case_from::timestamptz)
            then list_filter(event.image, lambda each : not list_contains(old_image.images, each))
            else []
        end as new_image,
        coalesce(regexp_matches(event.command, rx_cred_harvest()), false) as is_harvest,
        foreign_grantees(
            policy_grantees(policy_document(event.request -> '$.policyText')),
            own.accounts
        ) as outsider
    from event
    cross join own
    cross join old_image
    left join used_repository
        on used_repository.repository = event.resource
),
registered as (
    select distinct regexp_extract(response ->> '$.taskDefinition.taskDefinitionArn', '([^/]+)$', 1) as task
    from read
    where event_name = 'RegisterTaskDefinition'
        and (len(new_image) > 0 or is_harvest)
),
judged as (
    select
        read.*,
        list_filter(
            [
                case
                    when is_used and event_name = 'PutImage'
                    then 'image pushed' || coalesce(' as ' || (request ->> '$.imageTag'), '')
                    when is_used and event_name = 'BatchDeleteImage' then 'image deleted'
                    when is_used
                        and event_name = 'PutImageTagMutability'
                        and (request ->> '$.imageTagMutability') = 'MUTABLE'
                    then 'tags may be moved'
                end,
                case
                    when event_name = 'SetRepositoryPolicy' and len(outsider) > 0
                    then 'repository open to ' || named(outsider)
                    when event_name = 'SetRepositoryPolicy' and is_used
                    then 'repository policy changed'
                end,
                case
                    when event_name = 'RegisterTaskDefinition' and len(new_image) > 0
                    then 'task with new image ' || named(new_image)
                end,
                case
                    when event_name = 'RegisterTaskDefinition' and is_harvest
                    then 'command asks for credentials'
                end,
                case
                    when registered.task is not null then 'service moved to ' || registered.task
                end
            ],
            lambda reason : reason is not null
        ) as reason
    from read
    left join registered
        on registered.task = regexp_extract(read.request ->> '$.taskDefinition', '([^/]+)$', 1)
        and read.event_name = 'UpdateService'
),
finding as (
    select
        resource,
        principal,
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
    'container' as entity_type,
    coalesce(resource, event_name[1]) as entity,
    'high' as severity,
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
