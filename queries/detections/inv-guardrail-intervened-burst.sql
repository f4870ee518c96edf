-- ---
-- id: inv-guardrail-intervened-burst
-- version: 1.0.2
-- title: Burst of guardrail interventions
-- status: stable
-- severity: medium
-- element: invocation
-- attack: [T1059]
-- atlas: [AML.T0051, AML.T0054]
-- description: >-
--   Finds users or identities whose calls a guardrail stops several times inside a sliding window, and days after the
--   baseline on which the share of stopped calls is a multiple of the identity's baseline share, with as many stops as
--   make a burst. Names the filters that hit. Misses probing that is spread over hours or over many identities, and
--   calls whose answers are not in the invocation log.
-- requires:
--   bedrock_invocation: needed
--   bedrock_guardrail_assessment: optional
-- parameters:
--   min_events: {type: integer, default: 5, description: interventions in a window}
--   window: {type: interval, default: 10 minutes, description: length of the sliding window}
--   factor: {type: double, default: 4, description: multiple of the baseline share of stopped calls}
--   case_from: {type: timestamptz, default: case, description: start of the period of interest}
--   base_from: {type: timestamptz, default: case, description: start of the baseline}
--   base_to: {type: timestamptz, default: case, description: end of the baseline; the start of the case when empty}
-- false_positives:
--   - A policy that became too strict, announced tests.
-- references:
--   - https://docs.aws.amazon.com/bedrock/latest/userguide/guardrails-how.html
-- changelog:
--   1.0.2: the same rows, faster
--   1.0.1: the same rows, in time that grows with the events and no faster
--   1.0.0: first version
-- ---
with call as (
    select
        event_time,
        principal,
        end_user(request_metadata) as end_user,
        region,
        account_id,
        model_id,
        stop_reason = 'guardrail_intervened' or guardrail_action = 'INTERVENED' as is_stopped,
        event_time < coalesce($base_to::timestamptz, $case_from::timestamptz)
        and ($base_from::timestamptz is null or event_time >= $base_from::timestamptz) as is_before,
        artifact_id,
        record_no
    from bedrock_invocation
    where event_time is not null
        and error_code is null
),
stop as (
    select
        *,
        count(*) over (
            partition by principal, end_user
            order by event_time
            range between $window::interval preceding and current row
        ) as recent
    from call
    where is_stopped
),
-- A burst goes from the first stop that counts towards the threshold to the last one above it.
hot as (
    select
        *,
        event_time - lag(event_time) over same_user > $window::interval as starts_burst
    from stop
    where recent >= $min_events::bigint
    window same_user as (
        partition by principal, end_user
        order by event_time, artifact_id, record_no
    )
),
numbered as (
    select
        *,
        count(case when starts_burst then 1 end) over (
            partition by principal, end_user
            order by event_time, artifact_id, record_no
        ) as burst
    from hot
),
burst as (
    select
        principal,
        end_user,
        min(event_time) - $window::interval as first_time,
        max(event_time) as last_time,
        min(event_time) as reached,
        max(recent) as peak
    from numbered
    group by
        principal,
        end_user,
        burst
),
daily as (
    select
        principal,
        day_of(event_time) as day,
        count(*) as calls,
        count(*) filter (is_stopped) as stops
    from call
    where not coalesce(is_before, false)
        and coalesce($base_to::timestamptz, $case_from::timestamptz) is not null
        and event_time >= coalesce($base_to::timestamptz, $case_from::timestamptz)
    group by
        principal,
        day
),
habit as (
    select
        principal,
        count(*) as calls,
        count(*) filter (is_stopped) as stops
    from call
    where is_before
    group by principal
),
rise as (
    select
        daily.principal,
        daily.day,
        daily.stops / daily.calls as share,
        habit.stops / habit.calls as usual_share
    from daily
    join habit
        on habit.principal is not distinct from daily.principal
    where daily.stops >= $min_events::bigint
        and daily.stops / daily.calls > $factor::double * habit.stops / habit.calls
),
evidence as (
    select
        'burst' as kind,
        burst.principal,
        burst.end_user,
        burst.reached,
        burst.peak,
        null::double as share,
        null::double as usual_share,
        stop.* exclude (principal, end_user)
    from burst
    join stop
        on stop.principal is not distinct from burst.principal
        and stop.end_user is not distinct from burst.end_user
        and stop.event_time between burst.first_time and burst.last_time
    union all by name
    select
        'share' as kind,
        rise.principal,
        null as end_user,
        rise.day as reached,
        null as peak,
        rise.share,
        rise.usual_share,
        stop.* exclude (principal, end_user)
    from rise
    join stop
        on stop.principal is not distinct from rise.principal
        and day_of(stop.event_time) = rise.day
    where not exists (
        from burst
        where burst.principal is not distinct from rise.principal
            and day_of(burst.reached) = rise.day
    )
),
filter_hit as (
    select
        artifact_id,
        record_no,
        list_sort(list_distinct(list(concat_ws(' ', policy, type) order by policy, type))) as filter,
        distinct_values(guardrail_id) as guardrail
    from bedrock_guardrail_assessment
    where action = 'BLOCKED'
        or action is null
    group by
        artifact_id,
        record_no
),
finding as (
    select
        evidence.kind,
        evidence.principal,
        evidence.end_user,
        evidence.reached,
        evidence.peak,
        evidence.share,
        evidence.usual_share,
        min(event_time) as first_seen,
        max(event_time) as last_seen,
        count(*) as stops,
        list_sort(
            list_distinct(
                flatten(
                    list(filter_hit.filter order by event_time, evidence.artifact_id, evidence.record_no)
                )
            )
        ) as filter,
        list_sort(
            list_distinct(
                flatten(
                    list(filter_hit.guardrail order by event_time, evidence.artifact_id, evidence.record_no)
                )
            )
        ) as guardrail,
        distinct_values(model_id) as model,
        distinct_values(region) as region,
        min(account_id) as account_id,
        arg_min(
            {
                'table': 'bedrock_invocation',
                'artifact_id': evidence.artifact_id,
                'record_no': evidence.record_no
            },
            row(event_time, evidence.artifact_id, evidence.record_no),
            200
        ) as records
    from evidence
    left join filter_hit
        on filter_hit.artifact_id = evidence.artifact_id
        and filter_hit.record_no = evidence.record_no
    group by
        evidence.kind,
        evidence.principal,
        evidence.end_user,
        evidence.reached,
        evidence.peak,
        evidence.share,
        evidence.usual_share
)
select
    case when end_user is null then 'principal' else 'principal/user' end as entity_type,
    concat_ws(' ', coalesce(principal, 'unknown'), end_user) as entity,
    'medium' as severity,
    first_seen,
    last_seen,
    stops as event_count,
    'a guardrail stopped ' || counted(stops, 'call') || ' of ' || short_name(principal)
    || coalesce(' (user ' || end_user || ')', '') || ' from ' || moment(first_seen) || ' to '
    || moment(last_seen)
    || case when len(filter) > 0 then ' (' || named(filter) || ')' else '' end
    || case
        when kind = 'share'
        then '; ' || format('{:.1f}', 100 * share) || ' % of the calls of the day, '
            || format('{:.1f}', 100 * usual_share) || ' % before'
        else ''
    end as summary,
    records,
    principal as actor,
    case when len(region) = 1 then region[1] end as region,
    account_id,
    case when len(guardrail) = 1 then guardrail[1] end as resource,
    {
        'kind': kind,
        'interventions': stops,
        'peak_in_window': peak,
        'reached': reached,
        'share': round(share, 4),
        'usual_share': round(usual_share, 4),
        'filters': coalesce(filter, []),
        'guardrails': coalesce(guardrail, []),
        'end_user': end_user,
        'models': list_slice(model, 1, 20)
    } as metrics,
    stops as record_total
from finding
order by
    first_seen,
    entity,
    kind
