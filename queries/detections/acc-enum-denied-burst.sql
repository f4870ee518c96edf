-- ---
-- id: acc-enum-denied-burst
-- version: 1.0.1
-- title: Burst of denied calls across services
-- status: stable
-- severity: high
-- element: access
-- attack: [T1580, T1087.004, T1069.003]
-- atlas: [AML.T0075]
-- description: >-
--   Finds a credential that is refused many different operations inside a sliding window, or many calls over several
--   services. The finding is the busiest window; its metrics say which services answered the same credential meanwhile and
--   which refused it. Misses probing that is spread over hours or over many credentials.
-- requires:
--   cloudtrail_event: needed
--   named_set: optional
-- parameters:
--   min_names: {type: integer, default: 8, description: different refused operations in a window}
--   min_events: {type: integer, default: 20, description: refused calls in a window that count together with min_services}
--   min_services: {type: integer, default: 4, description: services that refused them}
--   window: {type: interval, default: 15 minutes, description: length of the sliding window}
-- false_positives:
--   - Posture scanners with a role that may not read everything.
--   - A new role whose policy is still being written.
-- references:
--   - https://www.sysdig.com/blog/ai-assisted-cloud-intrusion-achieves-admin-access-in-8-minutes
-- changelog:
--   1.0.1: the same rows, in time that grows with the events and no faster
--   1.0.0: first version
-- ---
with refusal as (
    select
        event_time,
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
        and event_time is not null
        -- Pages of the console call for their reader whatever he may see.
        and not coalesce(starts_with(lower(user_agent), 'aws-internal/3'), false)
),
-- Different values in a sliding window, without a self join: a row counts from its own time until the same value comes
-- again or the window has passed it, whichever is earlier.
spell as (
    select
        credential,
        event_time,
        least(
            lead(event_time) over same_name,
            event_time + $window::interval + interval 1 microsecond
        ) as name_end,
        least(
            lead(event_time) over same_service,
            event_time + $window::interval + interval 1 microsecond
        ) as service_end
    from refusal
    window
        same_name as (
            partition by credential, event_name
            order by event_time, artifact_id, record_no
        ),
        same_service as (
            partition by credential, event_source
            order by event_time, artifact_id, record_no
        )
),
change as (
    select
        credential,
        event_time as instant,
        true as is_event,
        1 as name_change,
        1 as service_change,
        1 as row_change
    from spell
    union all
    select credential, name_end, false, -1, 0, 0
    from spell
    union all
    select credential, service_end, false, 0, -1, 0
    from spell
    union all
    select credential, event_time + $window::interval + interval 1 microsecond, false, 0, 0, -1
    from spell
),
level as (
    select
        credential,
        instant,
        is_event,
        sum(name_change) over sweep as name_count,
        sum(service_change) over sweep as service_count,
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
        and (
            name_count >= $min_names::bigint
            or row_count >= $min_events::bigint
            and service_count >= $min_services::bigint
        )
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
finding as (
    select
        burst.credential,
        burst.burst,
        burst.reached,
        burst.peak,
        min(refusal.principal) as principal,
        min(refusal.event_time) as first_seen,
        max(refusal.event_time) as last_seen,
        count(*) as event_count,
        distinct_values(refusal.event_name) as event_name,
        distinct_values(short_source(refusal.event_source)) as service,
        distinct_values(refusal.error_code) as error_code,
        distinct_values(refusal.aws_region) as region,
        distinct_values(refusal.source_ip_address) as address,
        min(refusal.recipient_account_id) as account_id,
        list(
            {
                'table': 'cloudtrail_event',
                'artifact_id': refusal.artifact_id,
                'record_no': refusal.record_no
            }
            order by refusal.event_time, refusal.artifact_id, refusal.record_no
        ) as records
    from burst
    join refusal
        on refusal.credential is not distinct from burst.credential
        and refusal.event_time between burst.peak - $window::interval and burst.peak
    group by
        burst.credential,
        burst.burst,
        burst.reached,
        burst.peak
),
-- What the services said to the same credential in the busiest window.
answer as (
    select
        finding.credential,
        finding.burst,
        short_source(event.event_source) as service,
        count(*) filter (event.error_code is null) as allowed,
        count(*) filter (
            event.error_code in (select member from named_set where name = 'ERR_DENIED')
        ) as denied,
        count(*) as calls
    from finding
    join cloudtrail_event as event
        on event.credential = finding.credential
        and event.event_time between finding.peak - $window::interval and finding.peak
    group by
        finding.credential,
        finding.burst,
        event.event_source
),
matrix as (
    select
        credential,
        burst,
        list(
            {'service': service, 'allowed': allowed, 'denied': denied, 'calls': calls}
            order by service
        ) as services
    from answer
    group by
        credential,
        burst
)
select
    'credential' as entity_type,
    finding.credential as entity,
    'high' as severity,
    finding.first_seen,
    finding.last_seen,
    finding.event_count,
    short_name(finding.principal) || ' was refused ' || counted(finding.event_count, 'call')
    || ' of ' || counted(len(finding.event_name), 'operation')
    || ' by ' || counted(len(finding.service), 'service')
    || ' between ' || moment(finding.first_seen) || ' and ' || moment(finding.last_seen)
    || '; the threshold was reached at ' || moment(finding.reached) as summary,
    finding.records,
    finding.principal as actor,
    case when len(finding.address) = 1 then finding.address[1] end as source_ip,
    case when len(finding.region) = 1 then finding.region[1] end as region,
    finding.account_id,
    {
        'names': len(finding.event_name),
        'reached': finding.reached,
        'event_names': finding.event_name,
        'services': matrix.services,
        'error_codes': finding.error_code,
        'regions': finding.region,
        'addresses': finding.address
    } as metrics
from finding
left join matrix
    on matrix.credential = finding.credential
    and matrix.burst = finding.burst
order by
    finding.first_seen,
    finding.credential
