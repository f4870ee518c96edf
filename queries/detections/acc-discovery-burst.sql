-- ---
-- id: acc-discovery-burst
-- version: 1.0.1
-- title: Fast discovery across services
-- status: stable
-- severity: medium
-- element: access
-- attack: [T1580, T1526, T1619]
-- atlas: [AML.T0075]
-- description: >-
--   Finds a credential that reads many different things of many services inside a short sliding window, whatever the
--   outcome; AWS services, console sessions and identities that are listed as cspm are left out. The finding is the whole
--   burst, its usual distance between calls says whether a script did it. Asking for the own identity counts towards the
--   threshold and is not part of the burst. Misses discovery that is slower, or spread over credentials.
-- requires:
--   cloudtrail_event: needed
--   ref_principal: optional
-- parameters:
--   min_names: {type: integer, default: 15, description: different reads in a window}
--   min_services: {type: integer, default: 5, description: services that were read}
--   window: {type: interval, default: 5 minutes, description: length of the sliding window}
--   scripted: {type: double, default: 12, description: mean seconds between calls below which a script did it}
-- false_positives:
--   - Plans of infrastructure as code, posture scanners that reference/principal.csv does not list.
-- references:
--   - https://www.sysdig.com/blog/ai-assisted-cloud-intrusion-achieves-admin-access-in-8-minutes
-- changelog:
--   1.0.1: the same rows, in time that grows with the events and no faster
--   1.0.0: first version
-- ---
with read as (
    select
        event_time,
        event_source,
        event_name,
        error_code,
        principal,
        credential,
        source_ip_address,
        user_agent,
        aws_region,
        recipient_account_id,
        artifact_id,
        record_no
    from cloudtrail_event as event
    where regexp_matches(event_name, '^(List|Describe|Get|Head|Lookup|Search)')
        and event_time is not null
        and coalesce(identity_type, '') <> 'AWSService'
        and invoked_by is null
        and session_credential_from_console is not true
        and coalesce(management_event, true)
        and not exists (
            select 1
            from ref_principal as known
            where known.class = 'cspm'
                and principal_matches(known.principal, event.principal)
        )
),
-- Credentials that never read so many kinds at all need no window.
busy as (
    select credential
    from read
    group by credential
    having count(distinct event_name) >= $min_names::bigint
        and count(distinct event_source) >= $min_services::bigint
),
candidate as (
    select read.*
    from read
    semi join busy
        on busy.credential = read.credential
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
    from candidate
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
        1 as service_change
    from spell
    union all
    select credential, name_end, false, -1, 0
    from spell
    union all
    select credential, service_end, false, 0, -1
    from spell
),
level as (
    select
        credential,
        instant,
        is_event,
        sum(name_change) over sweep as name_count,
        sum(service_change) over sweep as service_count
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
        instant
    from level
    where is_event
        and name_count >= $min_names::bigint
        and service_count >= $min_services::bigint
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
        max(instant) as last_hot
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
        min(candidate.principal) as principal,
        min(candidate.event_time) as first_seen,
        max(candidate.event_time) as last_seen,
        count(*) as event_count,
        count(candidate.error_code) as error_count,
        date_diff('second', min(candidate.event_time), max(candidate.event_time))
        / greatest(count(*) - 1, 1) as mean_gap,
        distinct_values(candidate.event_name) as event_name,
        distinct_values(short_source(candidate.event_source)) as service,
        distinct_values(candidate.source_ip_address) as address,
        distinct_values(candidate.user_agent) as user_agent,
        distinct_values(candidate.aws_region) as region,
        min(candidate.recipient_account_id) as account_id,
        list(
            {
                'table': 'cloudtrail_event',
                'artifact_id': candidate.artifact_id,
                'record_no': candidate.record_no
            }
            order by candidate.event_time, candidate.artifact_id, candidate.record_no
        ) as records
    from burst
    join candidate
        on candidate.credential = burst.credential
        and candidate.event_time between burst.reached - $window::interval and burst.last_hot
        and candidate.event_name <> 'GetCallerIdentity'
    group by
        burst.credential,
        burst.burst,
        burst.reached
)
select
    'credential' as entity_type,
    credential as entity,
    'medium' as severity,
    first_seen,
    last_seen,
    event_count,
    short_name(principal) || ' made ' || counted(event_count, 'read') || ' of '
    || counted(len(event_name), 'kind') || ' at ' || counted(len(service), 'service')
    || ' between ' || moment(first_seen) || ' and ' || moment(last_seen)
    || ', one every ' || round(mean_gap, 1) || ' seconds; the threshold was reached at '
    || moment(reached) as summary,
    records,
    principal as actor,
    case when len(address) = 1 then address[1] end as source_ip,
    case when len(region) = 1 then region[1] end as region,
    account_id,
    {
        'reached': reached,
        'names': len(event_name),
        'sources': len(service),
        'mean_gap_seconds': round(mean_gap, 2),
        'tag': case when mean_gap < $scripted::double then 'scripted' end,
        'errors': error_count,
        'event_names': event_name,
        'services': service,
        'regions': region,
        'addresses': list_slice(address, 1, 100),
        'user_agents': list_slice(user_agent, 1, 10)
    } as metrics
from finding
order by
    first_seen,
    entity
