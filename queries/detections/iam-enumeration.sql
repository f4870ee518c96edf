-- ---
-- id: iam-enumeration
-- version: 1.0.1
-- title: Identities and permissions enumerated
-- status: stable
-- severity: medium
-- element: access
-- attack: [T1087.004, T1069.003]
-- atlas: [AML.T0075]
-- description: >-
--   Finds credentials that ask for several different lists of who may do what inside a sliding window, whatever the outcome,
--   and any dump of all authorization details by an identity that never made one in the baseline. The finding is the busiest
--   window. Misses slow enumeration, and auditors whom reference/principal.csv lists as cspm.
-- requires:
--   cloudtrail_event: needed
--   named_set: optional
--   ref_principal: optional
-- parameters:
--   min_names: {type: integer, default: 6, description: different lists in a window}
--   window: {type: interval, default: 15 minutes, description: length of the sliding window}
--   case_from: {type: timestamptz, default: case, description: start of the period of interest}
--   base_from: {type: timestamptz, default: case, description: start of the baseline}
--   base_to: {type: timestamptz, default: case, description: end of the baseline; the start of the case when empty}
-- false_positives:
--   - Auditors, posture management, the page of a user in the console.
-- references:
--   - https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html
-- changelog:
--   1.0.1: the same rows, in time that grows with the events and no faster
--   1.0.0: first version
-- ---
with ask as (
    select
        event_time,
        event_name,
        error_code,
        principal,
        credential,
        source_ip_address,
        user_agent,
        aws_region,
        recipient_account_id,
        event_time < coalesce($base_to::timestamptz, $case_from::timestamptz)
        and ($base_from::timestamptz is null or event_time >= $base_from::timestamptz)
        as is_baseline,
        event_time >= coalesce($base_to::timestamptz, $case_from::timestamptz) as is_case,
        artifact_id,
        record_no
    from cloudtrail_event as event
    where event_source in ('iam.amazonaws.com', 'access-analyzer.amazonaws.com')
        and event_name in (select member from named_set where name = 'IAM_ENUMERATION')
        and event_time is not null
        and invoked_by is null
        and not exists (
            select 1
            from ref_principal as known
            where known.class = 'cspm'
                and principal_matches(known.principal, event.principal)
        )
),
-- Different values in a sliding window, without a self join: a row counts from its own time until the same value comes
-- again or the window has passed it, whichever is earlier.
spell as (
    select
        credential,
        event_time,
        least(
            lead(event_time) over (
                partition by credential, event_name
                order by event_time, artifact_id, record_no
            ),
            event_time + $window::interval + interval 1 microsecond
        ) as name_end
    from ask
),
change as (
    select credential, event_time as instant, true as is_event, 1 as name_change, 1 as row_change
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
dump as (
    select *
    from ask
    where event_name = 'GetAccountAuthorizationDetails'
        and is_case
        and principal not in (
            select principal
            from ask
            where event_name = 'GetAccountAuthorizationDetails'
                and is_baseline
                and principal is not null
        )
),
member as (
    select
        burst.burst,
        burst.reached,
        ask.*
    from burst
    join ask
        on ask.credential is not distinct from burst.credential
        and ask.event_time between burst.peak - $window::interval and burst.peak
    union all by name
    -- A dump outside every burst stands for itself.
    select
        -1 as burst,
        null::timestamptz as reached,
        dump.*
    from dump
    where not exists (
        select 1
        from burst
        where burst.credential is not distinct from dump.credential
            and dump.event_time between burst.peak - $window::interval and burst.peak
    )
),
finding as (
    select
        principal,
        credential,
        burst,
        min(reached) as reached,
        min(event_time) as first_seen,
        max(event_time) as last_seen,
        count(*) as event_count,
        count(error_code) as error_count,
        min(event_time) filter (event_name = 'GetAccountAuthorizationDetails') as dumped,
        bool_or(event_name = 'GetAccountAuthorizationDetails' and error_code is null) as has_dump,
        distinct_values(event_name) as event_name,
        distinct_values(source_ip_address) as address,
        distinct_values(user_agent) as user_agent,
        distinct_values(aws_region) as region,
        min(recipient_account_id) as account_id,
        list(
            {'table': 'cloudtrail_event', 'artifact_id': artifact_id, 'record_no': record_no}
            order by event_time, artifact_id, record_no
        ) as records
    from member
    group by
        principal,
        credential,
        burst
)
select
    'credential' as entity_type,
    credential as entity,
    'medium' as severity,
    first_seen,
    last_seen,
    event_count,
    short_name(principal) || ' asked for ' || counted(len(event_name), 'list')
    || ' of identities and permissions: ' || named(event_name)
    || coalesce('; the threshold was reached at ' || moment(reached), '')
    || case
        when has_dump then '; it got all authorization details at ' || moment(dumped)
        when dumped is not null then '; it asked for all authorization details at '
        || moment(dumped)
        else ''
    end as summary,
    records,
    principal as actor,
    case when len(address) = 1 then address[1] end as source_ip,
    case when len(region) = 1 then region[1] end as region,
    account_id,
    {
        'names': len(event_name),
        'reached': reached,
        'event_names': event_name,
        'errors': error_count,
        'authorization_dump': dumped,
        'authorization_dump_succeeded': has_dump,
        'addresses': list_slice(address, 1, 50),
        'user_agents': list_slice(user_agent, 1, 10)
    } as metrics
from finding
order by
    first_seen,
    entity
