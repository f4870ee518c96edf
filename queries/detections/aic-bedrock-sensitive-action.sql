-- ---
-- id: aic-bedrock-sensitive-action
-- version: 1.0.1
-- title: Sensitive Bedrock action by context
-- status: stable
-- severity: info
-- element: ai-changes
-- attack: [T1496.004]
-- atlas: [AML.T0040]
-- description: >-
--   Finds all sensitive Bedrock calls (invocations, guardrails, customisation, throughput, model access), one row per
--   identity, operation, region and day, scored by context: one point for the call, two when the identity never made it
--   before the case, two from an external address, two when the attacker holds the identity, one when calls failed, one
--   when the identity is no pipeline role. Info below the threshold, as an inventory. Misses every term whose reference is
--   empty, and data events that the trail does not select.
-- requires:
--   cloudtrail_event: needed
--   named_set: optional
--   ref_principal: helpful
--   ref_cidr: helpful
--   v_flagged: optional
-- preconditions:
--   - query: >-
--       select coalesce(min(event_time) <= coalesce($base_to::timestamptz, $case_from::timestamptz)
--       - interval 7 days, false) from cloudtrail_event
--     otherwise: partial
--     reason: less than seven days of CloudTrail before the case, so unseen may only mean unrecorded
-- parameters:
--   medium_points: {type: integer, default: 3, description: points from which a row is of medium severity}
--   high_points: {type: integer, default: 5, description: points from which it is of high severity}
--   case_from: {type: timestamptz, default: case, description: start of the period of interest}
--   base_from: {type: timestamptz, default: case, description: start of the baseline}
--   base_to: {type: timestamptz, default: case, description: end of the baseline; the start of the case when empty}
-- false_positives:
--   - Every production call; that is why most of it is info.
-- references:
--   - https://docs.aws.amazon.com/bedrock/latest/userguide/logging-using-cloudtrail.html
-- changelog:
--   1.0.1: calls whose time is not known have a sentence, too
--   1.0.0: first version
-- ---
with part as (
    select
        principal,
        event_source,
        event_name,
        aws_region,
        -- Whole days since 1970 in UTC; time_bucket asks a calendar for every row, a hundred times as long.
        epoch_us(event_time) // 86400000000 as day,
        source_ip_address,
        credential,
        coalesce(
            event_time >= coalesce($base_to::timestamptz, $case_from::timestamptz),
            false
        ) as is_later,
        ($base_from::timestamptz is null or event_time >= $base_from::timestamptz) as after_base_from,
        count(*) as event_count,
        count(error_code) as failed,
        min(event_time) as first_seen,
        max(event_time) as last_seen,
        min(recipient_account_id) as account_id,
        arg_min(
            {'table': 'cloudtrail_event', 'artifact_id': artifact_id, 'record_no': record_no},
            row(event_time, artifact_id, record_no),
            100
        ) as records
    from cloudtrail_event
    where event_source in (select member from named_set where name = 'BEDROCK_SOURCES')
        and event_name in (
            select member
            from named_set
            where name in ('BEDROCK_SENSITIVE', 'INVOKE_RT', 'INVOKE_DATA', 'MODEL_ACCESS')
        )
    group by all
),
habit as (
    select distinct
        principal,
        event_name
    from part
    where not is_later
        and after_base_from
        and coalesce($base_to::timestamptz, $case_from::timestamptz) is not null
),
reference as (
    select
        (select count(*) > 0 from ref_cidr) as knows_places,
        (select count(*) > 0 from ref_principal where class = 'pipeline') as knows_pipelines
),
place as (
    select
        source_ip_address,
        not is_own_class(ip_class(source_ip_address)) as is_external
    from (select distinct source_ip_address from part where source_ip_address is not null)
),
pipeline as (
    select distinct actor.principal
    from (select distinct principal from part) as actor
    join ref_principal as known
        on known.class = 'pipeline'
        and principal_matches(known.principal, actor.principal)
),
-- Read once: the view is costly.
flagged as materialized (
    select
        value,
        since
    from v_flagged
    where kind in ('principal', 'credential')
),
judged as (
    select
        part.*,
        part.is_later and habit.principal is null as is_unseen,
        reference.knows_places and coalesce(place.is_external, false) as is_external,
        coalesce(part.last_seen >= held.since - interval 1 second, false)
        or coalesce(part.last_seen >= owned.since - interval 1 second, false) as is_flagged,
        reference.knows_pipelines and pipeline.principal is null as is_outside_pipeline
    from part
    cross join reference
    left join habit
        on habit.principal = part.principal
        and habit.event_name = part.event_name
    left join place
        on place.source_ip_address = part.source_ip_address
    left join pipeline
        on pipeline.principal = part.principal
    left join flagged as held
        on held.value = part.credential
    left join flagged as owned
        on owned.value = part.principal
),
scored as (
    select
        *,
        1
        + 2 * is_unseen::bigint
        + 2 * is_external::bigint
        + 2 * is_flagged::bigint
        + (failed > 0)::bigint
        + is_outside_pipeline::bigint as points
    from judged
),
finding as (
    select
        principal,
        event_name,
        aws_region,
        day,
        max(points) as points,
        bool_or(is_unseen) as is_unseen,
        bool_or(is_external) as is_external,
        bool_or(is_flagged) as is_flagged,
        bool_or(is_outside_pipeline) as is_outside_pipeline,
        sum(event_count)::bigint as event_count,
        sum(failed)::bigint as failed,
        min(first_seen) as first_seen,
        max(last_seen) as last_seen,
        distinct_values(short_source(event_source)) as service,
        distinct_values(source_ip_address) as address,
        distinct_values(credential) as credential,
        min(account_id) as account_id,
        list_slice(
            flatten(list(records order by first_seen, source_ip_address, credential)),
            1,
            100
        ) as records
    from scored
    group by
        principal,
        event_name,
        aws_region,
        day
)
select
    'principal' as entity_type,
    principal as entity,
    case
        when points >= $high_points::bigint then 'high'
        when points >= $medium_points::bigint then 'medium'
        else 'info'
    end as severity,
    first_seen,
    last_seen,
    event_count,
    short_name(principal) || ' made ' || counted(event_count, event_name || ' call')
    || coalesce(' in ' || aws_region, '') || coalesce(' on ' || left(moment(first_seen), 10), '')
    || case when failed > 0 then ', ' || failed || ' failed' else '' end
    || ' (' || points || ' points: ' || concat_ws(
        ', ',
        'sensitive call',
        case when is_unseen then 'never made before the case' end,
        case when is_external then 'external address' end,
        case when is_flagged then 'held by the attacker' end,
        case when failed > 0 then 'failures' end,
        case when is_outside_pipeline then 'no pipeline role' end
    ) || ')' as summary,
    records,
    principal as actor,
    case when len(address) = 1 then address[1] end as source_ip,
    aws_region as region,
    account_id,
    {
        'points': points,
        'event_name': event_name,
        'day': left(moment(first_seen), 10),
        'services': service,
        'unseen': is_unseen,
        'external': is_external,
        'flagged': is_flagged,
        'failed': failed,
        'outside_pipeline': is_outside_pipeline,
        'addresses': list_slice(address, 1, 20),
        'credentials': list_slice(credential, 1, 20)
    } as metrics,
    event_count as record_total
from finding
order by
    points desc,
    first_seen,
    principal,
    event_name,
    aws_region
