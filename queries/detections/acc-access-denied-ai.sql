-- ---
-- id: acc-access-denied-ai
-- version: 1.0.0
-- title: Access denied on AI service APIs
-- status: stable
-- severity: low
-- element: access
-- attack: [T1580, T1526]
-- atlas: [AML.T0075]
-- description: >-
--   Finds identities that AI services refused. An hour with several kinds of refused calls, or many of them, is one
--   finding of medium severity; all other refusals of an identity are one finding of low severity. Misses refusals by
--   other services, and denied data events that the trail does not select.
-- requires:
--   cloudtrail_event: needed
--   named_set: optional
-- parameters:
--   medium_names: {type: integer, default: 3, description: different refused operations in an hour that make it medium}
--   medium_events: {type: integer, default: 5, description: refused calls in an hour that make it medium}
-- false_positives:
--   - Missing permissions while an application is set up.
--   - A periodic job with a broken policy; its low finding shows one name at a regular pace.
-- references:
--   - https://docs.aws.amazon.com/bedrock/latest/userguide/logging-using-cloudtrail.html
-- changelog:
--   1.0.0: first version
-- ---
with refusal as (
    select
        event_time,
        time_bucket(interval 1 hour, event_time) as hour,
        event_source,
        event_name,
        error_code,
        aws_region,
        principal,
        credential,
        source_ip_address,
        recipient_account_id,
        artifact_id,
        record_no
    from cloudtrail_event
    where error_code in (select member from named_set where name = 'ERR_DENIED')
        and (
            event_source in (select member from named_set where name = 'AI_SOURCES')
            or starts_with(event_source, 'bedrock')
            or starts_with(event_source, 'sagemaker')
        )
),
graded as (
    select
        principal,
        hour,
        count(distinct event_name) >= $medium_names::bigint
        or count(*) >= $medium_events::bigint as is_medium
    from refusal
    group by
        principal,
        hour
),
named_refusal as (
    select
        refusal.principal,
        graded.is_medium,
        case when graded.is_medium then refusal.hour end as hour,
        refusal.event_name,
        count(*) as event_count
    from refusal
    join graded
        on graded.principal is not distinct from refusal.principal
        and graded.hour is not distinct from refusal.hour
    group by all
),
breakdown as (
    select
        principal,
        is_medium,
        hour,
        list(
            {'event_name': event_name, 'events': event_count}
            order by event_count desc, event_name
        ) as names
    from named_refusal
    group by
        principal,
        is_medium,
        hour
),
grouped as (
    select
        refusal.principal,
        graded.is_medium,
        case when graded.is_medium then refusal.hour end as hour,
        count(*) as event_count,
        count(distinct refusal.hour) as hour_count,
        min(refusal.event_time) as first_seen,
        max(refusal.event_time) as last_seen,
        distinct_values(refusal.source_ip_address) as address,
        distinct_values(refusal.aws_region) as region,
        distinct_values(refusal.credential) as credential,
        distinct_values(short_source(refusal.event_source)) as service,
        distinct_values(refusal.error_code) as error_code,
        min(refusal.recipient_account_id) as account_id,
        list(
            {
                'table': 'cloudtrail_event',
                'artifact_id': refusal.artifact_id,
                'record_no': refusal.record_no
            }
            order by refusal.event_time, refusal.artifact_id, refusal.record_no
        ) as records
    from refusal
    join graded
        on graded.principal is not distinct from refusal.principal
        and graded.hour is not distinct from refusal.hour
    group by all
)
select
    'principal' as entity_type,
    grouped.principal as entity,
    case when grouped.is_medium then 'medium' else 'low' end as severity,
    grouped.first_seen,
    grouped.last_seen,
    grouped.event_count,
    short_name(grouped.principal) || ' was refused '
    || counted(grouped.event_count, 'call') || ' of '
    || named(list_transform(breakdown.names, lambda each : each.event_name))
    || case
        when grouped.is_medium then ' in the hour from ' || moment(grouped.hour)
        else ' in ' || counted(grouped.hour_count, 'hour')
    end as summary,
    grouped.records,
    grouped.principal as actor,
    case when len(grouped.address) = 1 then grouped.address[1] end as source_ip,
    case when len(grouped.region) = 1 then grouped.region[1] end as region,
    grouped.account_id,
    {
        'names': breakdown.names,
        'hours': grouped.hour_count,
        'services': grouped.service,
        'error_codes': grouped.error_code,
        'regions': grouped.region,
        'addresses': grouped.address,
        'credentials': grouped.credential
    } as metrics
from grouped
join breakdown
    on breakdown.principal is not distinct from grouped.principal
    and breakdown.is_medium = grouped.is_medium
    and breakdown.hour is not distinct from grouped.hour
order by
    grouped.is_medium desc,
    grouped.first_seen,
    grouped.principal
