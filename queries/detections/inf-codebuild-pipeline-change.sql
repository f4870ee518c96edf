-- ---
-- id: inf-codebuild-pipeline-change
-- version: 1.0.0
-- title: Build or deployment pipeline altered
-- status: stable
-- severity: high
-- element: infrastructure-changes
-- attack: [T1195.002, T1525]
-- atlas: [AML.T0010.001]
-- description: >-
--   Finds build projects that were created or changed, builds that ran with another build specification, projects that
--   became public, pipelines, connections to repositories and packages that were changed by anyone but the deployment
--   roles: high for an overridden specification, a public or privileged project and for an identity that never made the
--   call before the case, medium otherwise. Misses changes in the repository itself, and refused calls.
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
--   - Release engineers whose role reference/principal.csv does not list as ci.
-- references:
--   - https://docs.aws.amazon.com/codebuild/latest/userguide/cloudtrail.html
-- changelog:
--   1.0.0: first version
-- ---
with event as (
    select
        event_time,
        event_source,
        event_name,
        coalesce(
            request_parameters ->> '$.name',
            request_parameters ->> '$.projectName',
            request_parameters ->> '$.projectArn',
            request_parameters ->> '$.pipeline.name',
            request_parameters ->> '$.connectionName',
            request_parameters ->> '$.package',
            request_parameters ->> '$.repository'
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
            event_source = 'codebuild.amazonaws.com'
            and event_name in ('CreateProject', 'UpdateProject', 'StartBuild', 'UpdateProjectVisibility')
            or event_source = 'codepipeline.amazonaws.com'
            and event_name in ('CreatePipeline', 'UpdatePipeline')
            or event_source in ('codestar-connections.amazonaws.com', 'codeconnections.amazonaws.com')
            and event_name in ('CreateConnection', 'UpdateConnectionInstallation')
            or event_source = 'codeartifact.amazonaws.com'
            and event_name in (
                'PutPackageOriginConfiguration',
                'PublishPackageVersion',
                'CopyPackageVersions'
            )
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
                    when event_name in ('CreateProject', 'UpdateProject')
                    then 'project ' || case event_name when 'CreateProject' then 'created' else 'changed' end
                        || case
                            when (request ->> '$.environment.privilegedMode') = 'true' then ' with privileges'
                            else ''
                        end
                end,
                case
                    when event_name = 'StartBuild' and (request ->> '$.buildspecOverride') is not null
                    then 'built with another specification'
                end,
                case
                    when event_name = 'UpdateProjectVisibility'
                        and (request ->> '$.projectVisibility') in ('PUBLIC', 'PUBLIC_READ')
                    then 'project made public'
                end,
                case
                    when event_source = 'codepipeline.amazonaws.com' then 'pipeline changed'
                    when contains(event_source, 'connections') then 'connection changed'
                    when event_source = 'codeartifact.amazonaws.com' then 'package changed'
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
                when is_unseen
                    or event_name in ('StartBuild', 'UpdateProjectVisibility')
                    or (request ->> '$.environment.privilegedMode') = 'true'
                then 4
                else 3
            end
        ) as rank,
        list_sort(
            list_distinct(flatten(list(reason order by event_time, artifact_id, record_no)))
        ) as reason,
        bool_or(is_unseen) as is_unseen,
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
        'regions': region,
        'credentials': credential,
        'addresses': address
    } as metrics
from finding
order by
    first_seen,
    entity,
    actor
