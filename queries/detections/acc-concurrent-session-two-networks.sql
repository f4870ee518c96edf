-- ---
-- id: acc-concurrent-session-two-networks
-- version: 1.0.0
-- title: One session in two networks at a time
-- status: stable
-- severity: high
-- element: access
-- attack: [T1550.001, T1539]
-- atlas: [AML.T0091.000]
-- description: >-
--   Finds temporary keys that are used from one of our networks and from outside within an hour, with the last use inside
--   and the first outside. A session has one legitimate holder. Misses a session that moves between two outside networks,
--   because the evidence does not say who runs them.
-- requires:
--   cloudtrail_event: needed
--   ref_cidr: needed
-- parameters:
--   span: {type: interval, default: 60 minutes, description: longest time between a use inside and one outside}
-- false_positives:
--   - A laptop that leaves the office or its VPN while a session lives.
-- references:
--   - https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp.html
-- changelog:
--   1.0.0: first version
-- ---
with use as (
    select
        event_time,
        event_source,
        event_name,
        principal,
        credential,
        source_ip_address,
        user_agent,
        aws_region,
        recipient_account_id,
        is_own_class(ip_class(source_ip_address)) as is_inside,
        artifact_id,
        record_no
    from cloudtrail_event
    where starts_with(access_key_id, 'ASIA')
        and invoked_by is null
        and event_time is not null
        and not is_aws_service_address(source_ip_address)
        and ip_class(source_ip_address) <> 'unknown'
),
spread as (
    select credential
    from use
    group by credential
    having bool_or(is_inside)
        and bool_or(not is_inside)
),
ordered as (
    select
        use.*,
        max(case when use.is_inside then use.event_time end) over past as inside_before,
        min(case when use.is_inside then use.event_time end) over future as inside_after,
        max(case when not use.is_inside then use.event_time end) over past as outside_before,
        min(case when not use.is_inside then use.event_time end) over future as outside_after
    from use
    semi join spread
        on spread.credential = use.credential
    window
        past as (
            partition by use.credential
            order by use.event_time
            range between unbounded preceding and current row
        ),
        future as (
            partition by use.credential
            order by use.event_time
            range between current row and unbounded following
        )
),
close_by as (
    select *
    from ordered
    where case
        when is_inside
        then event_time - outside_before <= $span::interval
            or outside_after - event_time <= $span::interval
        else event_time - inside_before <= $span::interval
            or inside_after - event_time <= $span::interval
    end
),
finding as (
    select
        principal,
        credential,
        min(event_time) as first_seen,
        max(event_time) as last_seen,
        count(*) as event_count,
        count(*) filter (is_inside) as inside_count,
        count(*) filter (not is_inside) as outside_count,
        min(event_time) filter (not is_inside) as outside_from,
        max(event_time) filter (not is_inside) as outside_until,
        max(event_time) filter (is_inside) as inside_until,
        arg_min(inside_before, event_time) filter (not is_inside) as inside_before_outside,
        distinct_values(case when is_inside then source_ip_address end) as inside_address,
        distinct_values(case when not is_inside then source_ip_address end) as outside_address,
        distinct_values(
            case when not is_inside then short_source(event_source) || ':' || event_name end
        ) as action,
        distinct_values(aws_region) as region,
        min(recipient_account_id) as account_id,
        arg_min(
            {'table': 'cloudtrail_event', 'artifact_id': artifact_id, 'record_no': record_no},
            row(is_inside, event_time, artifact_id, record_no),
            200
        ) as records
    from close_by
    group by
        principal,
        credential
)
select
    'credential' as entity_type,
    credential as entity,
    'high' as severity,
    first_seen,
    last_seen,
    event_count,
    'a session of ' || short_name(principal) || ' was used from ' || named(inside_address)
    || coalesce(' (last at ' || moment(inside_before_outside) || ')', '')
    || ' and from ' || named(outside_address) || ' (from ' || moment(outside_from) || ')'
    || case
        when inside_before_outside is not null
        then ', ' || counted(date_sub('minute', inside_before_outside, outside_from), 'minute')
        || ' apart'
        else ''
    end as summary,
    list_sort(records) as records,
    principal as actor,
    case when len(outside_address) = 1 then outside_address[1] end as source_ip,
    case when len(region) = 1 then region[1] end as region,
    account_id,
    {
        'inside_addresses': inside_address,
        'outside_addresses': outside_address,
        'inside_until': coalesce(inside_before_outside, inside_until),
        'outside_from': outside_from,
        'outside_until': outside_until,
        'minutes_apart': date_sub('minute', inside_before_outside, outside_from),
        'calls_inside': inside_count,
        'calls_outside': outside_count,
        'actions_outside': action
    } as metrics,
    event_count as record_total
from finding
order by
    first_seen,
    entity
