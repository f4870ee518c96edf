-- ---
-- id: inv-volume-spike
-- version: 1.0.1
-- title: Invocation volume above what is usual
-- status: stable
-- severity: high
-- element: invocation
-- attack: [T1496.004, T1499]
-- atlas: [AML.T0034.000, AML.T0024.000, AML.T0029]
-- description: >-
--   Finds hours in which an identity tried to invoke models more often than a floor, than a multiple of the median of
--   the same hour of the week and than the 99th percentile plus three median deviations of its baseline, and hours in
--   which an account did so without the identities that explain it. Many calls to one model within ten minutes count as
--   well. Failed and throttled calls are attempts too. Where there is no CloudTrail, the invocation log stands in, and
--   where there is neither, the metrics of the account. Misses volumes that grow slowly and identities that were always loud.
-- requires:
--   cloudtrail_event: helpful
--   bedrock_invocation: optional
--   cloudwatch_metric: optional
--   named_set: optional
-- preconditions:
--   - query: >-
--       select exists (from cloudtrail_event) or exists (from bedrock_invocation)
--       or exists (from cloudwatch_metric where namespace = 'AWS/Bedrock' and metric_name = 'Invocations')
--     otherwise: not_evaluable
--     reason: neither CloudTrail nor an invocation log nor the metric of invocations is there
--   - query: >-
--       select coalesce(min(event_time) <= coalesce($base_to::timestamptz, $case_from::timestamptz)
--       - interval 7 days, false) from (select event_time from cloudtrail_event
--       union all select event_time from bedrock_invocation
--       union all select event_time from cloudwatch_metric where namespace = 'AWS/Bedrock')
--     otherwise: partial
--     reason: less than seven days of evidence before the case, so the floor alone decides
-- parameters:
--   min_calls: {type: integer, default: 100, description: calls in an hour that are never a spike}
--   median_factor: {type: double, default: 5, description: multiple of the median of the same hour of the week}
--   deviation_factor: {type: double, default: 3, description: median deviations above the 99th percentile of the baseline}
--   min_model_calls: {type: integer, default: 500, description: calls of an identity to one model in a window that are a spike anyway}
--   model_window: {type: interval, default: 10 minutes, description: length of that window}
--   case_from: {type: timestamptz, default: case, description: start of the period of interest}
--   base_from: {type: timestamptz, default: case, description: start of the baseline}
--   base_to: {type: timestamptz, default: case, description: end of the baseline; the start of the case when empty}
-- false_positives:
--   - Launches, load tests, batch evaluations.
-- references:
--   - https://www.sysdig.com/blog/llmjacking-stolen-cloud-credentials-used-in-new-ai-attack
-- changelog:
--   1.0.1: the same rows, faster
--   1.0.0: first version
-- ---
with call as (
    select
        'cloudtrail_event' as source,
        event_time,
        hour_of(event_time) as hour,
        principal,
        invoked_model(request_parameters) as model_id,
        aws_region as region,
        error_code,
        source_ip_address as source_ip,
        recipient_account_id as account_id,
        1::bigint as weight,
        artifact_id,
        record_no
    from cloudtrail_event
    where event_source in (select member from named_set where name = 'BEDROCK_SOURCES')
        and event_name in (
            select member from named_set where name in ('INVOKE_RT', 'INVOKE_DATA')
        )
        and event_time is not null
    union all
    select
        'bedrock_invocation' as source,
        event_time,
        hour_of(event_time) as hour,
        principal,
        model_id,
        region,
        error_code,
        null as source_ip,
        account_id,
        1::bigint as weight,
        artifact_id,
        record_no
    from bedrock_invocation
    where event_time is not null
        and not exists (from cloudtrail_event)
    union all
    select
        'cloudwatch_metric' as source,
        event_time,
        hour_of(event_time) as hour,
        null as principal,
        dimensions ->> '$.ModelId' as model_id,
        region,
        null as error_code,
        null as source_ip,
        account_id,
        value::bigint as weight,
        artifact_id,
        record_no
    from cloudwatch_metric
    where namespace = 'AWS/Bedrock'
        and metric_name = 'Invocations'
        and stat = 'Sum'
        and (dimensions ->> '$.ModelId') is not null
        and event_time is not null
        and not exists (from cloudtrail_event)
        and not exists (from bedrock_invocation)
),
principal_hour as (
    select
        account_id,
        principal,
        hour,
        (epoch_us(hour) // 3600000000) % 168 as hour_of_week,
        coalesce(
            hour < coalesce($base_to::timestamptz, $case_from::timestamptz),
            false
        ) as is_before,
        bool_and(source = 'cloudwatch_metric') as is_metric,
        sum(weight)::bigint as calls
    from call
    group by
        account_id,
        principal,
        hour
),
account_hour as (
    select
        account_id,
        hour,
        hour_of_week,
        is_before,
        sum(calls)::bigint as calls
    from principal_hour
    group by
        account_id,
        hour,
        hour_of_week,
        is_before
),
-- An identity, or the account as a whole where principal is null.
subject_hour as (
    select
        account_id,
        principal,
        false as is_account,
        hour,
        hour_of_week,
        is_before,
        calls
    from principal_hour
    -- A metric knows the account and nobody in it.
    where not is_metric
    union all
    select
        account_id,
        null as principal,
        true as is_account,
        hour,
        hour_of_week,
        is_before,
        calls
    from account_hour
),
baseline as (
    select *
    from subject_hour
    where is_before
        and ($base_from::timestamptz is null or hour >= $base_from::timestamptz)
),
habit as (
    select
        account_id,
        principal,
        is_account,
        max(calls) as most,
        quantile_disc(calls, 0.95) as p95,
        quantile_disc(calls, 0.99) as p99,
        mad(calls) as deviation
    from baseline
    group by
        account_id,
        principal,
        is_account
),
weekly as (
    select
        account_id,
        principal,
        is_account,
        hour_of_week,
        median(calls) as usual
    from baseline
    group by
        account_id,
        principal,
        is_account,
        hour_of_week
),
measured as (
    select
        subject_hour.*,
        coalesce(habit.most, 0) as baseline_max,
        coalesce(habit.p95, 0) as baseline_p95,
        greatest(
            $min_calls::bigint,
            coalesce($median_factor::double * weekly.usual, 0),
            coalesce(habit.p99 + $deviation_factor::double * habit.deviation, 0)
        ) as threshold
    from subject_hour
    left join habit
        on habit.account_id is not distinct from subject_hour.account_id
        and habit.principal is not distinct from subject_hour.principal
        and habit.is_account = subject_hour.is_account
    left join weekly
        on weekly.account_id is not distinct from subject_hour.account_id
        and weekly.principal is not distinct from subject_hour.principal
        and weekly.is_account = subject_hour.is_account
        and weekly.hour_of_week = subject_hour.hour_of_week
    where not subject_hour.is_before
),
-- A window touches two slots of its own length, so that both together hold what it holds.
slot as (
    select
        account_id,
        principal,
        model_id,
        epoch_us(event_time) // epoch_us($model_window::interval) as slot,
        count(*) as calls
    from call
    where source <> 'cloudwatch_metric'
    group by
        account_id,
        principal,
        model_id,
        slot
),
loud as (
    select
        account_id,
        principal,
        model_id,
        slot
    from (
        select
            *,
            sum(calls) over (
                partition by account_id, principal, model_id
                order by slot
                range between 1 preceding and current row
            ) as with_previous,
            sum(calls) over (
                partition by account_id, principal, model_id
                order by slot
                range between current row and 1 following
            ) as with_next
        from slot
    )
    where greatest(with_previous, with_next) >= $min_model_calls::bigint
),
model_window as (
    select
        call.account_id,
        call.principal,
        call.hour,
        call.model_id,
        count(*) over (
            partition by call.account_id, call.principal, call.model_id
            order by call.event_time
            range between $model_window::interval preceding and current row
        ) as calls
    from call
    join loud
        on loud.account_id is not distinct from call.account_id
        and loud.principal is not distinct from call.principal
        and loud.model_id is not distinct from call.model_id
        and loud.slot = epoch_us(call.event_time) // epoch_us($model_window::interval)
),
model_peak as (
    select
        account_id,
        principal,
        hour,
        max(calls) as calls,
        base_model(arg_max(model_id, row(calls, model_id))) as model
    from model_window
    where coalesce(hour >= coalesce($base_to::timestamptz, $case_from::timestamptz), true)
    group by
        account_id,
        principal,
        hour
    having max(calls) >= $min_model_calls::bigint
),
principal_spike as (
    select
        measured.*,
        measured.calls > measured.threshold as is_above,
        model_peak.calls as model_calls,
        model_peak.model as model
    from measured
    left join model_peak
        on model_peak.account_id is not distinct from measured.account_id
        and model_peak.principal is not distinct from measured.principal
        and model_peak.hour = measured.hour
    where not measured.is_account
        and (measured.calls > measured.threshold or model_peak.calls is not null)
),
explained as (
    select
        account_id,
        hour,
        sum(calls)::bigint as calls
    from principal_spike
    group by
        account_id,
        hour
),
spike as (
    select
        account_id,
        principal,
        is_account,
        hour,
        calls,
        threshold,
        is_above,
        baseline_max,
        baseline_p95,
        model_calls,
        model
    from principal_spike
    union all
    select
        measured.account_id,
        measured.principal,
        measured.is_account,
        measured.hour,
        measured.calls,
        measured.threshold,
        true as is_above,
        measured.baseline_max,
        measured.baseline_p95,
        null as model_calls,
        null as model
    from measured
    left join explained
        on explained.account_id is not distinct from measured.account_id
        and explained.hour = measured.hour
    where measured.is_account
        and measured.calls - coalesce(explained.calls, 0) > measured.threshold
),
evidence as (
    select
        spike.account_id,
        spike.principal,
        spike.is_account,
        spike.hour,
        min(call.event_time) as first_seen,
        max(call.event_time) as last_seen,
        count(call.error_code) as failed,
        count(*) filter (
            call.error_code in (select member from named_set where name = 'ERR_THROTTLED')
        ) as throttled,
        distinct_values(call.region) as region,
        distinct_values(base_model(call.model_id)) as model,
        distinct_values(call.source_ip) as address,
        count(distinct call.principal) as principals,
        count(*) as records_total,
        arg_min(
            {
                'table': call.source,
                'artifact_id': call.artifact_id,
                'record_no': call.record_no
            },
            row(call.event_time, call.artifact_id, call.record_no),
            200
        ) as records
    from spike
    join call
        on call.account_id is not distinct from spike.account_id
        and call.hour = spike.hour
        and call.weight > 0
        and (spike.is_account or call.principal is not distinct from spike.principal)
    group by
        spike.account_id,
        spike.principal,
        spike.is_account,
        spike.hour
)
select
    case when spike.is_account then 'account' else 'principal' end as entity_type,
    case
        when spike.is_account then coalesce(spike.account_id, 'unknown')
        else coalesce(spike.principal, 'unknown')
    end as entity,
    'high' as severity,
    evidence.first_seen,
    evidence.last_seen,
    spike.calls as event_count,
    case
        when spike.is_account then 'account ' || coalesce(spike.account_id, 'unknown') || ' made '
        else short_name(spike.principal) || ' made '
    end
    || counted(spike.calls, 'invocation') || ' in the hour from ' || moment(spike.hour)
    || ' (' || evidence.failed || ' failed, ' || evidence.throttled || ' of them throttled); '
    || case
        when spike.is_above
        then format('{:,}', floor(spike.threshold)::bigint) || ' were still usual'
        else counted(spike.model_calls, 'call') || ' to ' || coalesce(spike.model, 'one model')
            || ' fell into one window'
    end as summary,
    evidence.records,
    spike.principal as actor,
    case when len(evidence.address) = 1 then evidence.address[1] end as source_ip,
    case when len(evidence.region) = 1 then evidence.region[1] end as region,
    spike.account_id,
    {
        'hour': spike.hour,
        'attempts': spike.calls,
        'failed': evidence.failed,
        'throttled': evidence.throttled,
        'threshold': round(spike.threshold, 1),
        'baseline_max': spike.baseline_max,
        'baseline_p95': spike.baseline_p95,
        'account_baseline_max': coalesce(account.most, 0),
        'account_baseline_p95': coalesce(account.p95, 0),
        'model_window_calls': spike.model_calls,
        'models': list_slice(evidence.model, 1, 20),
        'regions': evidence.region,
        'addresses': list_slice(evidence.address, 1, 20),
        'principals': evidence.principals
    } as metrics,
    evidence.records_total as record_total
from spike
join evidence
    on evidence.account_id is not distinct from spike.account_id
    and evidence.principal is not distinct from spike.principal
    and evidence.is_account = spike.is_account
    and evidence.hour = spike.hour
left join habit as account
    on account.is_account
    and account.account_id is not distinct from spike.account_id
order by
    evidence.first_seen,
    entity
