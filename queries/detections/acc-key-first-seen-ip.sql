-- ---
-- id: acc-key-first-seen-ip
-- version: 1.0.0
-- title: Key used from an address never seen before
-- status: stable
-- severity: medium
-- element: access
-- attack: [T1078.004]
-- atlas: [AML.T0012]
-- description: >-
--   Finds long-term keys, and identities behind temporary ones, that succeed in the case from outside addresses which their
--   baseline does not have; an IPv6 address counts as its /64 network. High when AI services or IAM are called or changed
--   within the hour after a new address appears. Misses keys whose baseline is too short to know their addresses, and the
--   use of a known address by somebody else.
-- requires:
--   cloudtrail_event: needed
--   named_set: optional
--   ref_cidr: helpful
-- preconditions:
--   - query: >-
--       select coalesce(min(event_time) <= coalesce($base_to::timestamptz, $case_from::timestamptz)
--       - interval 7 days, false) from cloudtrail_event
--     otherwise: not_evaluable
--     reason: baseline_short, CloudTrail holds less than seven days before the case
-- parameters:
--   min_baseline_events: {type: integer, default: 20, description: events that make a baseline of a key}
--   min_baseline: {type: interval, default: 7 days, description: age of the first event that makes a baseline of a key}
--   follow_up: {type: interval, default: 60 minutes, description: time after a new address in which calls raise the severity}
--   case_from: {type: timestamptz, default: case, description: start of the period of interest}
--   case_to: {type: timestamptz, default: case, description: end of the period of interest}
--   base_from: {type: timestamptz, default: case, description: start of the baseline}
--   base_to: {type: timestamptz, default: case, description: end of the baseline; the start of the case when empty}
-- false_positives:
--   - A dynamic exit of the company, mobile users, a worker that was deployed anew.
-- references:
--   - https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html
-- changelog:
--   1.0.0: first version
-- ---
with visit as (
    select
        -- A temporary key has no history of its own; the identity that it stands for has one.
        case
            when starts_with(access_key_id, 'AKIA')
            then access_key_id
            else principal
        end as holder,
        starts_with(access_key_id, 'AKIA') as is_long_term,
        principal,
        credential,
        source_ip_address as address,
        address_site(source_ip_address) as site,
        coalesce(
            event_time < coalesce($base_to::timestamptz, $case_from::timestamptz)
            and ($base_from::timestamptz is null or event_time >= $base_from::timestamptz),
            false
        ) as is_baseline,
        coalesce(
            event_time >= coalesce($base_to::timestamptz, $case_from::timestamptz)
            and ($case_to::timestamptz is null or event_time < $case_to::timestamptz),
            false
        ) as is_case,
        count(*) as event_count,
        min(event_time) as first_seen,
        max(event_time) as last_seen,
        min(recipient_account_id) as account_id
    from cloudtrail_event
    where error_code is null
        and access_key_id is not null
        and invoked_by is null
        and source_ip_address is not null
        and not is_aws_service_address(source_ip_address)
    group by all
),
baseline as (
    select holder
    from visit
    where is_baseline
    group by holder
    having sum(event_count) >= $min_baseline_events::bigint
        and min(first_seen)
        <= coalesce($base_to::timestamptz, $case_from::timestamptz) - $min_baseline::interval
),
known as (
    select distinct
        holder,
        site
    from visit
    where is_baseline
),
fresh as (
    select visit.*
    from visit
    semi join baseline
        on baseline.holder = visit.holder
    anti join known
        on known.holder = visit.holder
        and known.site = visit.site
    where visit.is_case
        and ip_class(visit.address)
        not in ('corp', 'own_eip', 'own_vpc', 'aws_service', 'internal', 'unknown')
),
holder as (
    select
        holder,
        min(principal) as principal,
        bool_or(is_long_term) as is_long_term,
        distinct_values(credential) as credential,
        distinct_values(address) as address,
        min(first_seen) as first_seen,
        max(last_seen) as last_seen,
        min(account_id) as account_id
    from fresh
    group by holder
),
event as (
    select
        holder.holder,
        event.event_time,
        event.event_source,
        event.event_name,
        event.error_code,
        event.read_only,
        event.aws_region,
        event.source_ip_address,
        event.artifact_id,
        event.record_no
    from holder
    join cloudtrail_event as event
        on list_contains(holder.credential, event.credential)
        and list_contains(holder.address, event.source_ip_address)
    where event.event_time >= holder.first_seen
        and ($case_to::timestamptz is null or event.event_time < $case_to::timestamptz)
        and event.error_code is null
),
-- What the same credentials did soon after, from wherever.
follow_up as (
    select
        fresh.holder,
        count(distinct row(event.artifact_id, event.record_no)) as event_count,
        distinct_values(event.event_name) as event_name
    from fresh
    join cloudtrail_event as event
        on event.credential = fresh.credential
        and event.event_time between fresh.first_seen and fresh.first_seen + $follow_up::interval
    where event.event_source in (select member from named_set where name = 'AI_SOURCES')
        or event.event_source = 'iam.amazonaws.com'
        and event.read_only is false
    group by fresh.holder
),
finding as (
    select
        holder,
        count(*) as event_count,
        min(event_time) as first_seen,
        max(event_time) as last_seen,
        distinct_values(aws_region) as region,
        arg_min(
            {'table': 'cloudtrail_event', 'artifact_id': artifact_id, 'record_no': record_no},
            row(event_time, artifact_id, record_no),
            200
        ) as records
    from event
    group by holder
)
select
    case when holder.is_long_term then 'credential' else 'principal' end as entity_type,
    holder.holder as entity,
    case when follow_up.holder is not null then 'high' else 'medium' end as severity,
    finding.first_seen,
    finding.last_seen,
    finding.event_count,
    short_name(holder.principal) || ' succeeded from '
    || counted(len(holder.address), 'outside place')
    || ' never seen before (' || named(holder.address) || '), first at '
    || moment(finding.first_seen)
    || case
        when follow_up.holder is not null
        then '; calls of AI services or changes of IAM followed within the time'
        else ''
    end as summary,
    finding.records,
    holder.principal as actor,
    case when len(holder.address) = 1 then holder.address[1] end as source_ip,
    case when len(finding.region) = 1 then finding.region[1] end as region,
    holder.account_id,
    {
        'new_addresses': len(holder.address),
        'addresses': list_slice(holder.address, 1, 100),
        'credentials': holder.credential,
        'follow_up_calls': coalesce(follow_up.event_count, 0),
        'follow_up_names': coalesce(list_slice(follow_up.event_name, 1, 30), [])
    } as metrics,
    finding.event_count as record_total
from holder
join finding
    on finding.holder = holder.holder
left join follow_up
    on follow_up.holder = holder.holder
order by
    finding.first_seen,
    entity
