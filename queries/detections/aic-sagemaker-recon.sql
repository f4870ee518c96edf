-- ---
-- id: aic-sagemaker-recon
-- version: 1.0.1
-- title: SageMaker assets enumerated
-- status: stable
-- severity: medium
-- element: ai-changes
-- attack: [T1580, T1526]
-- atlas: [AML.T0007, AML.T0075]
-- description: >-
--   Finds a credential that lists or describes many different kinds of SageMaker assets (models, endpoints, jobs,
--   notebooks, domains, packages, features) inside a sliding window, whatever the outcome; the finding is the busiest
--   window. A long-term key that is refused even one such call is a finding of its own. Such answers name S3 inputs, images
--   and roles. Misses readers that keep below the threshold with a role.
-- requires:
--   cloudtrail_event: needed
--   named_set: optional
-- parameters:
--   min_names: {type: integer, default: 4, description: different operations in a window that make a finding}
--   window: {type: interval, default: 30 minutes, description: length of the sliding window}
-- false_positives:
--   - Pipelines and monitoring that read the state of SageMaker.
--   - The home page of the SageMaker console.
-- references:
--   - https://docs.aws.amazon.com/sagemaker/latest/dg/logging-using-cloudtrail.html
-- changelog:
--   1.0.1: the same rows, in time that grows with the events and no faster
--   1.0.0: first version
-- ---
with recon as (
    select
        event_time,
        event_name,
        aws_region,
        principal,
        credential,
        source_ip_address,
        recipient_account_id,
        session_credential_from_console is true as from_console,
        error_code,
        event_resource(request_parameters, resources) as resource,
        artifact_id,
        record_no
    from cloudtrail_event
    where event_source = 'sagemaker.amazonaws.com'
        and event_name in (select member from named_set where name = 'SM_RECON')
        and event_time is not null
),
-- Different names in a sliding window, without a self join: a row counts from its own time until the same name comes
-- again or the window has passed it, whichever is earlier.
spell as (
    select
        credential,
        event_time,
        least(
            lead(event_time) over same_name,
            event_time + $window::interval + interval 1 microsecond
        ) as name_end
    from recon
    window same_name as (
        partition by credential, event_name
        order by event_time, artifact_id, record_no
    )
),
change as (
    select
        credential,
        event_time as instant,
        true as is_event,
        1 as name_change,
        1 as row_change
    from spell
    union all
    select credential, name_end, false, -1, 0
    from spell
    union all
    select credential, event_time + $window::interval + interval 1 microsecond, false, 0, -1
    from spell
),
level as (
    select
        credential,
        instant,
        is_event,
        sum(name_change) over sweep as name_count,
        sum(row_change) over sweep as row_count
    from change
    window sweep as (
        partition by credential
        order by instant
        range between unbounded preceding and current row
    )
),
hot as (
    select distinct
        credential,
        instant,
        name_count,
        row_count
    from level
    where is_event
        and name_count >= $min_names::bigint
),
started as (
    select
        *,
        instant - lag(instant) over same_credential > $window::interval as starts_burst
    from hot
    window same_credential as (partition by credential order by instant)
),
numbered as (
    select
        *,
        count(case when starts_burst then 1 end) over (partition by credential order by instant) as burst
    from started
),
burst as (
    select
        credential,
        burst,
        min(instant) as reached,
        arg_max(instant, row(name_count, row_count, -epoch_us(instant))) as peak
    from numbered
    group by
        credential,
        burst
),
-- Refused calls of a long-term key that no burst tells.
refused as (
    select recon.*
    from recon
    where error_code in (select member from named_set where name = 'ERR_DENIED')
        and starts_with(credential, 'AKIA')
        and not exists (
            select 1
            from burst
            where burst.credential = recon.credential
                and recon.event_time between burst.peak - $window::interval and burst.peak
        )
),
part as (
    select
        burst.burst,
        burst.reached,
        recon.*
    from burst
    join recon
        on recon.credential is not distinct from burst.credential
        and recon.event_time between burst.peak - $window::interval and burst.peak
    union all by name
    select
        -1 as burst,
        null::timestamptz as reached,
        *
    from refused
)
select
    'credential' as entity_type,
    credential as entity,
    'medium' as severity,
    min(event_time) as first_seen,
    max(event_time) as last_seen,
    count(*) as event_count,
    short_name(min(principal))
    || case
        when reached is null
        then ' was refused ' || counted(count(*), 'read') || ' of SageMaker assets with a long-term key: '
            || named(distinct_values(event_name))
        else ' read ' || counted(count(distinct event_name), 'kind') || ' of SageMaker assets in '
            || counted(count(*), 'call') || ' between ' || moment(min(event_time)) || ' and '
            || moment(max(event_time)) || '; the threshold was reached at ' || moment(reached)
    end as summary,
    list(
        {'table': 'cloudtrail_event', 'artifact_id': artifact_id, 'record_no': record_no}
        order by event_time, artifact_id, record_no
    ) as records,
    min(principal) as actor,
    case when count(distinct source_ip_address) = 1 then min(source_ip_address) end as source_ip,
    case when count(distinct aws_region) = 1 then min(aws_region) end as region,
    min(recipient_account_id) as account_id,
    {
        'names': count(distinct event_name),
        'reached': reached,
        'event_names': distinct_values(event_name),
        'resources': list_slice(distinct_values(resource), 1, 20),
        'regions': distinct_values(aws_region),
        'addresses': distinct_values(source_ip_address),
        'failed': count(error_code),
        'console': bool_or(from_console)
    } as metrics
from part
group by
    credential,
    burst,
    reached
order by
    first_seen,
    entity,
    last_seen
