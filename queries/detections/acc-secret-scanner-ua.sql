-- ---
-- id: acc-secret-scanner-ua
-- version: 1.0.0
-- title: Credential tried with a secret scanner or an offensive tool
-- status: stable
-- severity: high
-- element: access
-- attack: [T1552.001, T1087.004, T1078.004]
-- atlas: [AML.T0055, AML.T0012]
-- description: >-
--   Finds credentials that a tool used which names itself as a secret scanner or an offensive tool, whatever the outcome. A
--   GetCallerIdentity by TruffleHog means that somebody found the secret and proved it. The finding says what else the same
--   credential did in the day before and after. Misses tools that hide their name.
-- requires:
--   cloudtrail_event: needed
-- parameters:
--   look_around: {type: interval, default: 24 hours, description: time before and after in which other calls are counted}
-- false_positives:
--   - The own red team, and secret scanning in the own pipeline; allow them by credential and time.
-- references:
--   - https://github.com/trufflesecurity/trufflehog
-- changelog:
--   1.0.0: first version
-- ---
with hit as (
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
        artifact_id,
        record_no
    from cloudtrail_event
    where regexp_matches(user_agent, rx_ua_offensive())
),
finding as (
    select
        principal,
        credential,
        min(event_time) as first_seen,
        max(event_time) as last_seen,
        count(*) as event_count,
        count(error_code) as error_count,
        bool_or(
            event_name = 'GetCallerIdentity' and regexp_matches(user_agent, '(?i)trufflehog')
        ) as is_validated,
        distinct_values(user_agent) as user_agent,
        distinct_values(event_name) as event_name,
        distinct_values(source_ip_address) as address,
        distinct_values(aws_region) as region,
        min(recipient_account_id) as account_id,
        list(
            {'table': 'cloudtrail_event', 'artifact_id': artifact_id, 'record_no': record_no}
            order by event_time, artifact_id, record_no
        ) as records
    from hit
    group by
        principal,
        credential
),
around as (
    select
        finding.principal,
        finding.credential,
        count(*) filter (event.event_time < finding.first_seen) as before_count,
        count(*) filter (event.event_time >= finding.first_seen) - min(finding.event_count)
            as after_count,
        distinct_values(
            case when event.event_time > finding.first_seen then event.source_ip_address end
        ) as address
    from finding
    join cloudtrail_event as event
        on event.credential = finding.credential
        and event.principal is not distinct from finding.principal
    where event.event_time between finding.first_seen - $look_around::interval
        and finding.last_seen + $look_around::interval
    group by
        finding.principal,
        finding.credential
)
select
    'credential' as entity_type,
    finding.credential as entity,
    'high' as severity,
    finding.first_seen,
    finding.last_seen,
    finding.event_count,
    short_name(finding.principal) || ' was used by ' || named(finding.user_agent) || ' in '
    || counted(finding.event_count, 'call') || ' from ' || named(finding.address)
    || case when finding.is_validated then '; the leaked secret was validated' else '' end
    || '; ' || counted(coalesce(around.after_count, 0), 'other call')
    || ' of the same credential around and after it'
    as summary,
    finding.records,
    finding.principal as actor,
    case when len(finding.address) = 1 then finding.address[1] end as source_ip,
    case when len(finding.region) = 1 then finding.region[1] end as region,
    finding.account_id,
    {
        'tag': case when finding.is_validated then 'credential_leak_validated' end,
        'user_agents': finding.user_agent,
        'event_names': finding.event_name,
        'errors': finding.error_count,
        'addresses': finding.address,
        'other_calls_before': coalesce(around.before_count, 0),
        'other_calls_after': coalesce(around.after_count, 0),
        'addresses_after': coalesce(around.address, [])
    } as metrics
from finding
left join around
    on around.credential = finding.credential
    and around.principal is not distinct from finding.principal
order by
    finding.first_seen,
    entity
