-- ---
-- id: acc-suspicious-source
-- version: 1.0.0
-- title: Credential used from a suspicious source
-- status: stable
-- severity: high
-- element: access
-- attack: [T1078.004, T1550.001, T1090]
-- atlas: [AML.T0012]
-- description: >-
--   Finds credentials whose address and user agent add up to a suspicion in the case: an offensive tool (3 points), a
--   long-term key with the user agent of a browser (3), an indicator of compromise (3), no user agent (2), a bare HTTP
--   library that the identity never used before (2), an outside address that it never used before (2), a region that
--   nobody uses (1), an hour outside its habits (1). One finding per credential and address; calls by AWS services are
--   left out. Misses an attacker behind the victim's own network with the victim's own tools.
-- requires:
--   cloudtrail_event: needed
--   ref_cidr: helpful
--   ref_region: helpful
--   ref_ioc: optional
-- preconditions:
--   - query: >-
--       select coalesce(min(event_time) <= coalesce($base_to::timestamptz, $case_from::timestamptz)
--       - interval 7 days, false) from cloudtrail_event
--     otherwise: partial
--     reason: less than seven days of CloudTrail before the case, so unseen may only mean unrecorded
-- parameters:
--   medium_points: {type: integer, default: 4, description: points from which a source is a finding}
--   high_points: {type: integer, default: 6, description: points from which it is of high severity}
--   critical_points: {type: integer, default: 8, description: points from which it is critical when something was changed}
--   min_habit_events: {type: integer, default: 20, description: baseline events of an identity that make a habit of hours}
--   case_from: {type: timestamptz, default: case, description: start of the period of interest}
--   case_to: {type: timestamptz, default: case, description: end of the period of interest}
--   base_from: {type: timestamptz, default: case, description: start of the baseline}
--   base_to: {type: timestamptz, default: case, description: end of the baseline; the start of the case when empty}
-- false_positives:
--   - New laptops, travel, a new exit of the company's VPN.
--   - The user agent is written by the caller; it never clears a source.
-- references:
--   - https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
-- changelog:
--   1.0.0: first version
-- ---
with visit as (
    select
        principal,
        credential,
        source_ip_address,
        -- S3 puts the user agent of its data events into brackets.
        trim(user_agent, '[]') as user_agent,
        aws_region,
        (epoch_us(event_time) // 3600000000) % 24 as hour,
        coalesce(
            event_time < coalesce($base_to::timestamptz, $case_from::timestamptz)
            and ($base_from::timestamptz is null or event_time >= $base_from::timestamptz),
            false
        ) as in_baseline,
        ($case_from::timestamptz is null or event_time >= $case_from::timestamptz)
        and ($case_to::timestamptz is null or event_time < $case_to::timestamptz) as in_case,
        count(*) as event_count,
        count(*) filter (read_only is false) as change_count,
        count(error_code) as error_count,
        min(event_time) as first_seen,
        max(event_time) as last_seen,
        min(recipient_account_id) as account_id
    from cloudtrail_event
    where credential is not null
        and invoked_by is null
        and source_ip_address is not null
        and not is_aws_service_address(source_ip_address)
    group by all
),
known_address as (
    select distinct
        principal,
        address_site(source_ip_address) as site
    from visit
    where in_baseline
),
-- A new version of a tool is no new tool.
known_agent as (
    select distinct
        principal,
        regexp_replace(user_agent, '[0-9]+', '', 'g') as tool
    from visit
    where in_baseline
),
hourly as (
    select
        principal,
        hour,
        sum(event_count) as event_count,
        min(first_seen) as first_seen
    from visit
    where in_baseline
    group by
        principal,
        hour
),
cumulated as (
    select
        principal,
        hour,
        sum(event_count) over (partition by principal order by hour) as running,
        sum(event_count) over (partition by principal) as total,
        min(first_seen) over (partition by principal) as first_seen
    from hourly
),
habit as (
    select
        principal,
        min(hour) filter (running >= 0.05 * total) as first_hour,
        min(hour) filter (running >= 0.95 * total) as last_hour
    from cumulated
    where total >= $min_habit_events::bigint
        and first_seen
        <= coalesce($base_to::timestamptz, $case_from::timestamptz) - interval 7 days
    group by principal
),
used as (
    select count(*) > 0 as is_known
    from ref_region
    where class = 'used'
),
source as (
    select
        visit.principal,
        visit.credential,
        visit.source_ip_address,
        visit.user_agent,
        sum(visit.event_count)::bigint as event_count,
        sum(visit.change_count)::bigint as change_count,
        sum(visit.error_count)::bigint as error_count,
        min(visit.first_seen) as first_seen,
        max(visit.last_seen) as last_seen,
        min(visit.account_id) as account_id,
        bool_or(
            used.is_known
            and visit.aws_region not in (select region from ref_region where class = 'used')
        ) as is_unused_region,
        coalesce(
            bool_or(not visit.hour between habit.first_hour and habit.last_hour),
            false
        ) as is_unusual_hour
    from visit
    cross join used
    left join habit
        on habit.principal is not distinct from visit.principal
    where visit.in_case
    group by
        visit.principal,
        visit.credential,
        visit.source_ip_address,
        visit.user_agent
),
judged as (
    select
        source.*,
        coalesce(regexp_matches(source.user_agent, rx_ua_offensive()), false) as is_offensive,
        coalesce(
            starts_with(source.credential, 'AKIA')
            and regexp_matches(source.user_agent, rx_ua_browser()),
            false
        ) as is_browser_with_key,
        coalesce(trim(source.user_agent), '') in ('', '-') as is_without_agent,
        coalesce(
            regexp_matches(source.user_agent, rx_ua_raw_http())
            and known_agent.tool is null
            and coalesce($base_to::timestamptz, $case_from::timestamptz) is not null,
            false
        ) as is_new_raw_client,
        coalesce(
            ip_class(source.source_ip_address)
            not in ('corp', 'own_eip', 'own_vpc', 'aws_service', 'internal', 'unknown')
            and known_address.site is null
            and coalesce($base_to::timestamptz, $case_from::timestamptz) is not null,
            false
        ) as is_new_address,
        exists (
            select 1
            from ref_ioc as indicator
            where cidr_contains(indicator.value, source.source_ip_address)
        ) as is_indicator
    from source
    left join known_agent
        on known_agent.principal is not distinct from source.principal
        and known_agent.tool = regexp_replace(source.user_agent, '[0-9]+', '', 'g')
    left join known_address
        on known_address.principal is not distinct from source.principal
        and known_address.site = address_site(source.source_ip_address)
),
scored as (
    select
        *,
        3 * is_offensive::bigint
        + 3 * is_browser_with_key::bigint
        + 3 * is_indicator::bigint
        + 2 * is_without_agent::bigint
        + 2 * is_new_raw_client::bigint
        + 2 * is_new_address::bigint
        + is_unused_region::bigint
        + is_unusual_hour::bigint as points,
        list_filter(
            [
                case when is_offensive then 'offensive tool' end,
                case when is_browser_with_key then 'browser with a long-term key' end,
                case when is_indicator then 'indicator of compromise' end,
                case when is_without_agent then 'no user agent' end,
                case when is_new_raw_client then 'new bare HTTP client' end,
                case when is_new_address then 'new outside address' end,
                case when is_unused_region then 'unused region' end,
                case when is_unusual_hour then 'unusual hour' end
            ],
            lambda term : term is not null
        ) as term
    from judged
),
finding as (
    select
        principal,
        credential,
        source_ip_address,
        max(points) as points,
        arg_max(term, row(points, event_count, coalesce(user_agent, ''))) as term,
        sum(event_count)::bigint as event_count,
        sum(change_count)::bigint as change_count,
        sum(error_count)::bigint as error_count,
        min(first_seen) as first_seen,
        max(last_seen) as last_seen,
        min(account_id) as account_id,
        list(
            {
                'user_agent': user_agent,
                'points': points,
                'events': event_count,
                'terms': term
            }
            order by points desc, event_count desc, user_agent
        ) as user_agents
    from scored
    group by
        principal,
        credential,
        source_ip_address
    having max(points) >= $medium_points::bigint
),
evidence as (
    select
        finding.principal,
        finding.credential,
        finding.source_ip_address,
        distinct_values(event.aws_region) as region,
        arg_min(
            {
                'table': 'cloudtrail_event',
                'artifact_id': event.artifact_id,
                'record_no': event.record_no
            },
            row(event.event_time, event.artifact_id, event.record_no),
            200
        ) as records
    from finding
    join cloudtrail_event as event
        on event.credential = finding.credential
        and event.source_ip_address = finding.source_ip_address
        and event.principal is not distinct from finding.principal
    where event.invoked_by is null
        and ($case_from::timestamptz is null or event.event_time >= $case_from::timestamptz)
        and ($case_to::timestamptz is null or event.event_time < $case_to::timestamptz)
    group by
        finding.principal,
        finding.credential,
        finding.source_ip_address
)
select
    'credential@address' as entity_type,
    finding.credential || '@' || finding.source_ip_address as entity,
    case
        when points >= $critical_points::bigint and change_count > 0 then 'critical'
        when points >= $high_points::bigint then 'high'
        else 'medium'
    end as severity,
    first_seen,
    last_seen,
    event_count,
    short_name(finding.principal) || ' was used from ' || finding.source_ip_address || ' in '
    || counted(event_count, 'call') || ' with ' || counted(len(user_agents), 'user agent')
    || ' (' || points || ' points: ' || array_to_string(term, ', ') || ')' as summary,
    evidence.records,
    finding.principal as actor,
    finding.source_ip_address as source_ip,
    case when len(evidence.region) = 1 then evidence.region[1] end as region,
    account_id,
    {
        'points': points,
        'terms': term,
        'credential': finding.credential,
        'changes': change_count,
        'errors': error_count,
        'regions': evidence.region,
        'user_agents': list_slice(user_agents, 1, 20)
    } as metrics,
    event_count as record_total
from finding
join evidence
    on evidence.credential = finding.credential
    and evidence.source_ip_address = finding.source_ip_address
    and evidence.principal is not distinct from finding.principal
order by
    points desc,
    first_seen,
    entity
