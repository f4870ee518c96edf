-- ---
-- id: dst-kb-control-plane-change
-- version: 1.0.0
-- title: Knowledge base, data source or agent changed out of context
-- status: stable
-- severity: medium
-- element: data-store-changes
-- attack: [T1565.001]
-- atlas: [AML.T0070, AML.T0059]
-- description: >-
--   Finds successful changes of knowledge bases, their data sources and their agents, scored by context: two points when
--   the identity never made this call before the case, two from an external address, three for a deletion or for a data
--   source that points somewhere else than before, two for an ingestion that starts more than a few minutes away from
--   every start of its own history. Calls of one identity, name, knowledge base and address are one finding. Misses
--   changes by the usual identity from inside at the usual time, and documents that change without any call.
-- requires:
--   cloudtrail_event: needed
--   named_set: optional
--   ref_cidr: helpful
--   ref_bucket: optional
-- preconditions:
--   - query: >-
--       select coalesce(min(event_time) <= coalesce($base_to::timestamptz, $case_from::timestamptz)
--       - interval 7 days, false) from cloudtrail_event
--     otherwise: partial
--     reason: less than seven days of CloudTrail before the case, so unseen may only mean unrecorded
-- parameters:
--   medium_points: {type: integer, default: 3, description: points from which a change is a finding}
--   high_points: {type: integer, default: 5, description: points from which it is of high severity}
--   schedule_slack: {type: interval, default: 10 minutes, description: distance from a usual start of an ingestion}
--   case_from: {type: timestamptz, default: case, description: start of the period of interest}
--   base_from: {type: timestamptz, default: case, description: start of the baseline}
--   base_to: {type: timestamptz, default: case, description: end of the baseline; the start of the case when empty}
-- false_positives:
--   - An ingestion that somebody starts by hand after an urgent correction of a document.
--   - The first deployment of a new knowledge base.
-- references:
--   - https://docs.aws.amazon.com/bedrock/latest/userguide/kb-data-source-sync-ingest.html
-- changelog:
--   1.0.0: first version
-- ---
with change as (
    select
        event_time,
        event_name,
        coalesce(
            request_parameters ->> '$.knowledgeBaseId',
            response_elements ->> '$.knowledgeBase.knowledgeBaseId',
            request_parameters ->> '$.agentId',
            response_elements ->> '$.agent.agentId'
        ) as store,
        coalesce(
            request_parameters ->> '$.dataSourceId',
            response_elements ->> '$.dataSource.dataSourceId'
        ) as data_source,
        request_parameters -> '$.dataSourceConfiguration' as configuration,
        coalesce(
            configuration ->> '$.s3Configuration.bucketArn',
            configuration ->> '$.webConfiguration.sourceConfiguration.urlConfiguration.seedUrls[0].url',
            configuration ->> '$.confluenceConfiguration.sourceConfiguration.hostUrl',
            configuration ->> '$.sharePointConfiguration.sourceConfiguration.domain',
            configuration ->> '$.salesforceConfiguration.sourceConfiguration.hostUrl'
        ) as origin,
        response_elements ->> '$.ingestionJob.ingestionJobId' as ingestion_job,
        principal,
        credential,
        source_ip_address,
        aws_region,
        recipient_account_id,
        epoch_us(event_time) % 86400000000 as time_of_day,
        event_time >= coalesce($base_to::timestamptz, $case_from::timestamptz) as is_after_baseline,
        event_time < coalesce($base_to::timestamptz, $case_from::timestamptz)
        and ($base_from::timestamptz is null or event_time >= $base_from::timestamptz)
            as is_in_baseline,
        artifact_id,
        record_no
    from cloudtrail_event
    where event_source = 'bedrock.amazonaws.com'
        and event_name in (select member from named_set where name = 'KB_CHANGE')
        and error_code is null
),
habit as (
    select distinct
        principal,
        event_name
    from change
    where is_in_baseline
),
schedule as (
    select
        store,
        data_source,
        list_distinct(list(time_of_day order by time_of_day)) as usual_start
    from change
    where event_name = 'StartIngestionJob'
        and is_in_baseline
    group by
        store,
        data_source
),
located as (
    select
        *,
        lag(origin ignore nulls) over (
            partition by store, data_source
            order by event_time, artifact_id, record_no
        ) as old_origin
    from change
),
judged as (
    select
        located.*,
        coalesce(located.is_after_baseline and habit.principal is null, false) as is_unseen,
        (select count(*) > 0 from ref_cidr)
        and coalesce(not is_own_class(ip_class(located.source_ip_address)), false) as is_external,
        starts_with(located.event_name, 'Delete')
        or starts_with(located.event_name, 'Disassociate') as is_deletion,
        located.event_name = 'UpdateDataSource'
        and coalesce(
            located.origin <> located.old_origin,
            starts_with(located.origin, 'arn:')
            and (select count(*) > 0 from ref_bucket where class = 'kb')
            and regexp_replace(located.origin, '^arn:[^:]+:s3:::', '') not in (
                select bucket from ref_bucket where class = 'kb'
            ),
            false
        ) as is_repointed,
        coalesce(
            located.is_after_baseline
            and located.event_name = 'StartIngestionJob'
            -- The distance on the clock, across midnight too.
            and not list_bool_or(
                list_transform(
                    schedule.usual_start,
                    lambda start : least(
                        abs(located.time_of_day - start),
                        86400000000 - abs(located.time_of_day - start)
                    ) <= epoch_us($schedule_slack::interval)
                )
            ),
            false
        ) as is_off_schedule
    from located
    left join habit
        on habit.principal is not distinct from located.principal
        and habit.event_name = located.event_name
    left join schedule
        on schedule.store is not distinct from located.store
        and schedule.data_source is not distinct from located.data_source
),
scored as (
    select
        *,
        2 * is_unseen::bigint
        + 2 * is_external::bigint
        + 3 * (is_deletion or is_repointed)::bigint
        + 2 * is_off_schedule::bigint as points
    from judged
),
finding as (
    select
        principal,
        event_name,
        store,
        source_ip_address,
        max(points) as points,
        bool_or(is_unseen) as is_unseen,
        bool_or(is_external) as is_external,
        bool_or(is_deletion) as is_deletion,
        bool_or(is_repointed) as is_repointed,
        bool_or(is_off_schedule) as is_off_schedule,
        distinct_values(data_source) as data_source,
        distinct_values(ingestion_job) as ingestion_job,
        distinct_values(origin) as origin,
        distinct_values(case when is_repointed then old_origin end) as old_origin,
        distinct_values(aws_region) as region,
        distinct_values(credential) as credential,
        min(recipient_account_id) as account_id,
        min(event_time) as first_seen,
        max(event_time) as last_seen,
        count(*) as event_count,
        list(
            {'table': 'cloudtrail_event', 'artifact_id': artifact_id, 'record_no': record_no}
            order by event_time, artifact_id, record_no
        ) as records
    from scored
    where points >= $medium_points::bigint
    group by
        principal,
        event_name,
        store,
        source_ip_address
)
select
    'knowledge_base' as entity_type,
    coalesce(store, event_name) as entity,
    case when points >= $high_points::bigint then 'high' else 'medium' end as severity,
    first_seen,
    last_seen,
    event_count,
    short_name(principal) || ' made ' || counted(event_count, event_name || ' call')
    || coalesce(' on ' || store, '')
    || case when len(ingestion_job) > 0 then ' (' || named(ingestion_job) || ')' else '' end
    || ' from ' || coalesce(source_ip_address, 'an unknown address')
    || ': ' || points || ' points for ' || concat_ws(
        ', ',
        case when is_unseen then 'never made before the case' end,
        case when is_external then 'external address' end,
        case when is_deletion then 'deletion' end,
        case when is_repointed then 'data source points elsewhere' end,
        case when is_off_schedule then 'outside the usual schedule' end
    ) as summary,
    records,
    principal as actor,
    source_ip_address as source_ip,
    case when len(region) = 1 then region[1] end as region,
    account_id,
    store as resource,
    {
        'points': points,
        'event_name': event_name,
        'unseen': is_unseen,
        'external': is_external,
        'deletion': is_deletion,
        'repointed': is_repointed,
        'off_schedule': is_off_schedule,
        'data_sources': data_source,
        'ingestion_jobs': ingestion_job,
        'origins': origin,
        'previous_origins': old_origin,
        'credentials': credential
    } as metrics
from finding
order by
    points desc,
    first_seen,
    entity,
    principal,
    event_name,
    source_ip_address
